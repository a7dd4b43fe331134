# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Handshakes: 5,000 WebSockets over TLS as fast as they come

CPU-µs of the server (user and system) per connection: TCP, TLS 1.3 with a P-256 certificate, WebSocket, and in Gatecast the login
session, `hello` and the first subscription. 64 under way at any time. With tickets, each resumes one TLS session.
"""

from live_loads import Listeners
from measure import Row, Table

SOCKETS = 5000


def tables(bench):
    gatecast, nchan = bench.live.gatecast(sessions=True), bench.live.nchan()
    cookie = bench.identities.log_in(gatecast.port)
    origin = f"Origin: https://localhost:{gatecast.port}"
    subjects = [
        ("gatecast, with a session", gatecast, "/live", (f"Cookie: {cookie}", origin)),
        ("nginx + nchan", nchan, "/live/bench", ()),
    ]
    result = []
    for title, mode in (("Full handshakes", "tls"), ("With session tickets", "tickets")):
        rows = [Row(name) for name, *_ in subjects]
        for number in range(bench.rounds):
            for row, (name, server, path, fields) in zip(rows, subjects):
                before = server.cpu()
                listeners = Listeners(bench, server, SOCKETS, path, mode, 64, fields)
                cost = (server.cpu() - before) / SOCKETS * 1e6
                complaint = listeners.complaint
                if mode == "tickets" and not complaint and listeners.resumed < SOCKETS:
                    complaint = f"{listeners.resumed} resumed"
                listeners.stop()
                if complaint:
                    row.complaints.append(complaint)
                    bench.say(f"  round {number + 1}  {name}: {complaint}")
                    continue
                row.samples.append(cost)
                row.extra["a second"] = f"{SOCKETS / listeners.seconds:,.0f}"
                bench.say(f"  round {number + 1}  {name}: {cost:.0f} µs, {SOCKETS / listeners.seconds:,.0f}/s")
        result.append(Table(title, "CPU-µs", rows, base="nginx + nchan", digits=0))
    return result
