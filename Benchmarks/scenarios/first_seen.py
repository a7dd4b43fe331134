# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""First seen: a token that nobody has verified yet with every request

wrk goes round a list of tokens several times longer than Gatecast remembers, so each is verified anew; the share that
really was, by Gatecast's own counter, stands in its row.
"""

import re
import urllib.request

from loads import HTTP1
from measure import Subject, Table

COUNTS = {"HS256": 60_000, "RS256": 20_000, "ES256": 60_000}

SCRIPT = """\
local tokens = {{}}
for line in io.lines("{file}") do tokens[#tokens + 1] = line end
local at = 0
request = function()
  at = at % #tokens + 1
  return wrk.format("GET", nil, {{ ["Authorization"] = "Bearer " .. tokens[at], ["Host"] = wrk.headers["Host"] }})
end
"""


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend = peers.backend()
    gatecast = peers.gatecast(backend)
    rows = []
    for algorithm, count in COUNTS.items():
        file = identities.mint(algorithm, count, peers.folder / f"{algorithm}.tokens")
        script = peers.folder / f"{algorithm}.lua"
        script.write_text(SCRIPT.format(file=file))
        subjects = [
            Subject(f"gatecast, {algorithm}", gatecast, backend),
            Subject(f"haproxy, {algorithm}", peers.haproxy(backend, algorithm), backend),
        ]
        before, requests = counted(gatecast, "gatecast_tokens_verified_total"), counted(gatecast, "gatecast_requests_total")
        pair = bench.compare(subjects, HTTP1(script=script))
        verified = counted(gatecast, "gatecast_tokens_verified_total") - before
        share = verified / max(1, counted(gatecast, "gatecast_requests_total") - requests)
        pair[0].extra["verified"] = f"{share:.0%}"
        rows += pair
    return [Table("Each token once, HTTP/1.1, 64 connections", "CPU-µs", rows)]


def counted(server, name):
    """Sum of a counter's series at the gateway."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.admin}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M))
