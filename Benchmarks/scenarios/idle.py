# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Idle: what a WebSocket costs that only waits

KiB by which the resident memory of a fresh server process grows for each of 10,000 sockets on one topic, and how much of that is
left 10 s after all of them have gone. Each round is a new process.
"""

import time

from live_loads import Listeners
from measure import Row, Table

SOCKETS = 10_000


def measure(bench, server, path, mode):
    """(KiB per socket, KiB per socket left afterwards, complaint)"""
    # One connection first, so that what every process makes once is not counted.
    Listeners(bench, server, 1, path, mode).stop()
    time.sleep(0.5)
    before = server.memory()
    listeners = Listeners(bench, server, SOCKETS, path, mode)
    if listeners.complaint:
        listeners.stop()
        return None, None, listeners.complaint
    time.sleep(2)
    grown = server.memory() - before
    listeners.stop()
    time.sleep(10)
    left = server.memory() - before
    return grown * 1024 / SOCKETS, left * 1024 / SOCKETS, None


def tables(bench):
    result = []
    for mode in ("plain", "tls"):
        makers = [
            ("gatecast", bench.live.gatecast, "/live?anonymous=1&topic=bench"),
            ("nginx + nchan", bench.live.nchan, "/live/bench"),
        ]
        rows = [Row(name) for name, *_ in makers]
        left = {name: [] for name, *_ in makers}
        for number in range(bench.rounds):
            for row, (name, make, path) in zip(rows, makers):
                server = make()
                grown, rest, complaint = measure(bench, server, path, mode)
                server.stop()
                if complaint:
                    row.complaints.append(complaint)
                    bench.say(f"  round {number + 1}  {name}: {complaint}")
                    continue
                row.samples.append(grown)
                left[name].append(rest)
                bench.say(f"  round {number + 1}  {name}: {grown:.1f} KiB, {rest:.1f} KiB left")
        for row in rows:
            if row.samples:
                row.extra["left after they went"] = f"{sorted(left[row.name])[len(row.samples) // 2]:.1f}"
        name = "TLS" if mode == "tls" else "Plain"
        result.append(Table(f"{name}, {SOCKETS:,} sockets", "KiB per socket", rows, base="nginx + nchan"))
    return result
