# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Jitter: 2,000 clients on a network that fails each of them every 15 s

Milliseconds from a client's connect() over TLS to the moment it has everything the others have: handshake, WebSocket, replay of
what it missed. Each client is cut without a goodbye after about 15 s, comes back after about 2 s with its cursor, and counts that
every number of the stream comes once, in order. One round is a window of at least 20 s of the same run.
"""

import threading
import time

from live_loads import Child, GatecastPublisher
from measure import Row, Table

CLIENTS = 2000
RATE = 10


class Stream:
    """Publishes 1, 2, 3 … until it is stopped."""

    def __init__(self, server):
        self.publisher = GatecastPublisher(server)
        self.number = 0
        self.is_over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        start = time.monotonic()
        while not self.is_over:
            self.number += 1
            self.publisher.events([{"topic": "bench", "data": {"n": self.number, "text": "x" * 180}}])
            time.sleep(max(0, start + self.number / RATE - time.monotonic()))

    def stop(self):
        self.is_over = True
        self.thread.join(10)


def values(line):
    return dict(zip(line[::2], map(float, line[1::2])))


def tables(bench):
    server = bench.live.gatecast()
    stream = Stream(server)
    clients = Child([bench.folder / "jitter", server.port, CLIENTS, "/live?anonymous=1&topic=bench", 15, 2,
                     f"Host: localhost:{server.port}"])
    row = Row("gatecast")
    sums = dict.fromkeys(("events", "repeated", "missing", "gaps", "cuts", "refused"), 0)
    worst = 0
    try:
        time.sleep(10)
        clients.ask()
        for number in range(bench.rounds):
            time.sleep(max(20, bench.seconds))
            found = values(clients.ask())
            for name in sums:
                sums[name] += found[name]
            worst = max(worst, found["max"])
            row.samples.append(found["p99"])
            bench.say(f"  round {number + 1}  p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f}, max {found['max']:.1f}; "
                      f"{found['cuts']:.0f} cuts, {found['repeated']:.0f} repeated, {found['missing']:.0f} missing, "
                      f"{found['gaps']:.0f} gaps, {found['refused']:.0f} refused")
        # Everybody comes back, and has everything once the stream has ended.
        clients.ask("s")
        time.sleep(6)
        stream.stop()
        time.sleep(2)
        end = values(clients.ask())
        for name in sums:
            sums[name] += end[name]
        behind = end["behind"]
    finally:
        stream.is_over = True
        clients.stop()
    row.extra = {name: f"{value:,.0f}" for name, value in sums.items()}
    row.extra["clients behind at the end"] = f"{behind:.0f}"
    row.extra["slowest"] = f"{worst:.0f} ms"
    note = f"{CLIENTS:,} clients, {RATE} events/s; `events` counts what all of them received."
    return [Table("Replay after a cut, p99", "ms", [row], note=note)]
