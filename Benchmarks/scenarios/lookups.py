# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Look-ups: what it costs to know who asks, session and token seen before

CPU-µs of the gateway per request of 200 B over TLS, HTTP/1.1, keep-alive, 64 connections. The first row asks nobody (`auth: none`); what
the others take beyond it is the look-up, its rules, and the identity written upstream. Goals: 5 µs for a session, 2 µs for a token.
"""

from loads import HTTP1
from measure import Subject, Table


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend = peers.backend()
    open_route, closed = peers.gatecast(backend, auth="none"), peers.gatecast(backend)
    subjects = [
        Subject("nobody asked", open_route, backend, ()),
        Subject("session", closed, backend, (f"Cookie: {identities.log_in(closed.port)}",)),
        Subject("JWT", closed, backend, (f"Authorization: Bearer {identities.token('ES256')}",)),
    ]
    return [Table("HTTP/1.1", "CPU-µs", bench.compare(subjects, HTTP1()), base="nobody asked")]
