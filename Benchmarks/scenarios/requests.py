# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Requests: 200 B of JSON over TLS, keep-alive, 64 connections

CPU-µs of the server (user and system, from /proc) per request that the upstream answered.
`session` sends a login cookie, `JWT` an ES256 access token, both seen before by Gatecast; HAProxy verifies its token
each time, having no cache; nginx asks a second server by `auth_request`.
"""

from loads import HTTP1, HTTP2
from measure import Subject, Table


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend, auth = peers.backend(), peers.backend()
    token = f"Authorization: Bearer {identities.token('ES256')}"
    gatecast, logging = peers.gatecast(backend), peers.gatecast(backend, level="info")
    subjects = [
        Subject("gatecast, session", gatecast, backend, (f"Cookie: {identities.log_in(gatecast.port)}",)),
        Subject("gatecast, JWT", gatecast, backend, (token,)),
        Subject("gatecast, session, access log", logging, backend, (f"Cookie: {identities.log_in(logging.port)}",)),
        Subject("nginx", peers.nginx(backend), backend, (token,)),
        Subject("nginx, access log", peers.nginx(backend, access_log=True), backend, (token,)),
        Subject("nginx, auth_request", peers.nginx(backend, auth), backend, (token,)),
        Subject("haproxy", peers.haproxy(backend), backend, (token,)),
    ]
    for algorithm in ("HS256", "RS256", "ES256"):
        subjects.append(Subject(
            f"haproxy, {algorithm}", peers.haproxy(backend, algorithm), backend,
            (f"Authorization: Bearer {identities.token(algorithm)}",)))
    return [
        Table(load.protocol, "CPU-µs", bench.compare(subjects, load), base="nginx")
        for load in (HTTP1(), HTTP2())
    ]
