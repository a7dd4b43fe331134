# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Fan-out: one topic, thousands of WebSockets that listen

CPU-µs of the server (user and system) per delivery: one event of 256 bytes to one socket. `bare loop` is Benchmarks/floor.c, which
only writes: the events that wait leave in one write or TLS record, as they do in Gatecast. Load, publisher and server share the machine.
"""

import time

from live_loads import FloorPublisher, GatecastPublisher, Listeners, NchanPublisher, SIZE
from measure import Row, Table

RATE = 20
# Name, sockets, events a tick.
LOADS = (("one event at a time", 5000, 1), ("backlog", 1000, 20))


def measure(bench, server, mode, path, publisher, sockets, count, seconds):
    """(CPU-µs per delivery, deliveries/s, complaint)"""
    listeners = Listeners(bench, server, sockets, path, mode)
    try:
        if listeners.complaint:
            return None, None, listeners.complaint
        for _ in range(3):
            publisher.publish(count)
        time.sleep(0.5)
        cpu, frames, start = server.cpu(), listeners.frames(), time.monotonic()
        ticks = 0
        while time.monotonic() - start < seconds:
            publisher.publish(count)
            ticks += 1
            time.sleep(max(0, start + ticks / RATE - time.monotonic()))
        # What was published has to arrive before it is divided by.
        wanted, patience = ticks * count * sockets, time.monotonic() + 20
        while (done := listeners.frames() - frames) < wanted and time.monotonic() < patience:
            time.sleep(0.02)
        spent, elapsed = server.cpu() - cpu, time.monotonic() - start
        return spent / max(1, done) * 1e6, done / elapsed, None if done == wanted else f"{done} deliveries instead of {wanted}"
    finally:
        listeners.stop()


def tables(bench):
    result = []
    for mode in ("plain", "tls"):
        gatecast, nchan, floor = bench.live.gatecast(), bench.live.nchan(), bench.live.floor(mode)
        subjects = [
            ("gatecast", gatecast, "/live?anonymous=1&topic=bench", GatecastPublisher(gatecast)),
            ("nginx + nchan", nchan, "/live/bench", NchanPublisher(nchan)),
            ("bare loop", floor, "/", FloorPublisher(floor, mode)),
        ]
        for title, sockets, count in LOADS:
            rows = [Row(name) for name, *_ in subjects]
            for number in range(bench.rounds):
                for row, (name, server, path, publisher) in zip(rows, subjects):
                    cost, rate, complaint = measure(bench, server, mode, path, publisher, sockets, count, bench.seconds)
                    if complaint:
                        row.complaints.append(complaint)
                        bench.say(f"  round {number + 1}  {name}: {complaint}")
                        continue
                    row.samples.append(cost)
                    row.extra.setdefault("deliveries/s", []).append(rate)
                    bench.say(f"  round {number + 1}  {name}: {cost:.2f} µs, {rate:,.0f}/s")
            for row in rows:
                if row.samples:
                    rates = sorted(row.extra["deliveries/s"])
                    row.extra["deliveries/s"] = f"{rates[len(rates) // 2]:,.0f}"
            note = f"{sockets:,} sockets, {RATE} times a second {count} event(s) of {SIZE} bytes: {sockets * RATE * count:,} deliveries/s offered."
            name = "TLS" if mode == "tls" else "Plain"
            result.append(Table(f"{name}, {title}", "CPU-µs", rows, base="bare loop", note=note, digits=2))
    return result
