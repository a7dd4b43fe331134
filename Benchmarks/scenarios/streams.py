# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Streams: the same over HTTP/2 with 16 streams at a time on 8 connections

What browsers do: few connections, many streams. One flush then serves several answers.
"""

from loads import HTTP2
from measure import Subject, Table


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend = peers.backend()
    gatecast = peers.gatecast(backend)
    token = f"Authorization: Bearer {identities.token('ES256')}"
    subjects = [
        Subject("gatecast, session", gatecast, backend, (f"Cookie: {identities.log_in(gatecast.port)}",)),
        Subject("gatecast, JWT", gatecast, backend, (token,)),
        Subject("nginx", peers.nginx(backend), backend, (token,)),
        Subject("haproxy", peers.haproxy(backend), backend, (token,)),
    ]
    return [Table("HTTP/2, 8 × 16 streams", "CPU-µs", bench.compare(subjects, HTTP2(8, 16)), base="nginx")]
