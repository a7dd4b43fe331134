# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Topics: thousands of WebSockets, each on a topic of its own, published through Redis

CPU-µs of the server (user and system) per event of 256 bytes, each to one socket, and what Redis spends on it. To Gatecast a back
end writes by XADD, to nchan by POST, which it passes on to Redis. Plain sockets. Load, publisher, Redis and server share the machine.
"""

import random
import time

from live_loads import Listeners, NchanPublisher, RedisPublisher, SIZE
from measure import Row, Table

SOCKETS = 10_000
RATE = 5000
TICK = 0.005


def measure(bench, server, redis, path, publisher, name):
    """(CPU-µs per event in the server, the same in Redis, events/s, complaint)"""
    listeners = Listeners(bench, server, SOCKETS, path, "plain", 32)
    try:
        if listeners.complaint:
            return None, None, None, listeners.complaint
        pick = random.Random(1)
        batch = int(RATE * TICK)
        topics = lambda: [name.format(pick.randrange(SOCKETS)) for _ in range(batch)]
        publisher.topics(topics())
        time.sleep(1)
        cpu, other, frames, start = server.cpu(), redis.cpu(), listeners.frames(), time.monotonic()
        ticks = 0
        while time.monotonic() - start < bench.seconds:
            publisher.topics(topics())
            ticks += 1
            time.sleep(max(0, start + ticks * TICK - time.monotonic()))
        wanted, patience = ticks * batch, time.monotonic() + 20
        while (done := listeners.frames() - frames) < wanted and time.monotonic() < patience:
            time.sleep(0.02)
        spent, stored, elapsed = server.cpu() - cpu, redis.cpu() - other, time.monotonic() - start
        complaint = None if done == wanted else f"{done} events instead of {wanted}"
        return spent / max(1, done) * 1e6, stored / max(1, done) * 1e6, done / elapsed, complaint
    finally:
        listeners.stop()


def tables(bench):
    stores = [bench.live.redis(), bench.live.redis()]
    gatecast, nchan = bench.live.gatecast(stores[0]), bench.live.nchan(stores[1])
    subjects = [
        ("gatecast", gatecast, stores[0], "/live?anonymous=1&topic=bench.#", RedisPublisher(stores[0]), "bench.{}"),
        ("nginx + nchan", nchan, stores[1], "/live/bench.#", NchanPublisher(nchan), "bench.{}"),
    ]
    rows = [Row(name) for name, *_ in subjects]
    columns = {name: ([], []) for name, *_ in subjects}
    for number in range(bench.rounds):
        for row, (name, *subject) in zip(rows, subjects):
            cost, stored, rate, complaint = measure(bench, *subject)
            if complaint:
                row.complaints.append(complaint)
                bench.say(f"  round {number + 1}  {name}: {complaint}")
                continue
            row.samples.append(cost)
            columns[name][0].append(stored)
            columns[name][1].append(rate)
            bench.say(f"  round {number + 1}  {name}: {cost:.1f} µs, Redis {stored:.1f} µs, {rate:,.0f}/s")
    for row in rows:
        if row.samples:
            middle = len(row.samples) // 2
            row.extra["Redis CPU-µs"] = f"{sorted(columns[row.name][0])[middle]:.1f}"
            row.extra["events/s"] = f"{sorted(columns[row.name][1])[middle]:,.0f}"
    note = f"{SOCKETS:,} sockets, {RATE:,} events/s of {SIZE} bytes to random topics."
    return [Table("Each socket its own topic", "CPU-µs", rows, base="nginx + nchan", note=note)]
