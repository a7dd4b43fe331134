# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Scale: from 64 to 5,000 client connections, from 1 to 1,000 routes

All connections have a request under way all the time, so 5,000 of them also mean 5,000 connections upstream.
"""

from loads import HTTP1
from measure import Subject, Table


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend = peers.backend()
    token = f"Authorization: Bearer {identities.token('ES256')}"
    one = Subject("gatecast", peers.gatecast(backend), backend, (token,))
    many = Subject("gatecast, 1,000 routes", peers.gatecast(backend, routes=1_000), backend, (token,))
    nginx = Subject("nginx", peers.nginx(backend), backend, (token,))

    connections = []
    for count, warm_up in ((64, 1), (512, 3), (5_000, 14)):
        for row in bench.compare([one, nginx], HTTP1(count), warm_up=warm_up):
            row.name = f"{row.name}, {count:,} connections"
            connections.append(row)
    routes = bench.compare([one, many], HTTP1())
    routes[0].name = "gatecast, 1 route"
    return [
        Table("Connections, HTTP/1.1", "CPU-µs", connections, base="gatecast, 64 connections"),
        Table("Routes, HTTP/1.1", "CPU-µs", routes, base="gatecast, 1 route"),
    ]
