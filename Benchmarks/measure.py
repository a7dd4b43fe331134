# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""What is measured: server CPU per unit of work, in rounds that take turns."""

import dataclasses
import socket
import statistics
import time

WARM_UP = 0.8


@dataclasses.dataclass
class Subject:
    """One line of a table: a server, and what is asked of it."""
    name: str
    server: object
    backend: object
    fields: tuple = ()
    path: str = "/api/answer"


@dataclasses.dataclass
class Row:
    name: str
    samples: list = dataclasses.field(default_factory=list)
    # Of further columns, by their title.
    extra: dict = dataclasses.field(default_factory=dict)
    complaints: list = dataclasses.field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.samples) if self.samples else None


@dataclasses.dataclass
class Table:
    title: str
    unit: str
    rows: list
    # The row that others are given as a ratio to.
    base: str = ""
    note: str = ""
    digits: int = 1


def answered(backend):
    """How many requests the upstream has seen: the same count for every gateway."""
    with socket.create_connection(("127.0.0.1", backend.port), timeout=5) as connection:
        connection.sendall(b"GET /count HTTP/1.1\r\nHost: backend\r\n\r\n")
        return int(connection.recv(4096).rpartition(b"\r\n\r\n")[2])


def cpu_per_request(subject, load, seconds, warm_up=WARM_UP):
    """CPU-µs of the server per request within a window that excludes connecting and warming up, and requests/s."""
    load.start(subject, warm_up + seconds + 1)
    try:
        time.sleep(warm_up)
        cpu, count, start = subject.server.cpu(), answered(subject.backend), time.monotonic()
        time.sleep(seconds)
        spent, done, elapsed = (
            subject.server.cpu() - cpu, answered(subject.backend) - count, time.monotonic() - start)
        memory = subject.server.memory()
        complaint = load.finish(seconds + 20)
    finally:
        load.stop()
    if complaint is None and done == 0:
        complaint = "nothing reached the upstream"
    return (spent / done * 1e6 if done else 0), done / elapsed, memory, complaint


def compare(subjects, load, rounds, seconds, say, warm_up=WARM_UP):
    """Every subject once a round, so that a slow minute of the machine meets all of them alike."""
    rows = [Row(subject.name) for subject in subjects]
    rates = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject, row in zip(subjects, rows):
            cost, rate, memory, complaint = cpu_per_request(subject, load, seconds, warm_up)
            if complaint:
                row.complaints.append(complaint)
                say(f"  round {number + 1}  {row.name}: {complaint}")
                continue
            row.samples.append(cost)
            rates[row.name].append(rate)
            row.extra["MiB resident"] = f"{memory:.0f}"
            say(f"  round {number + 1}  {row.name}: {cost:.1f} µs, {rate:.0f}/s")
    for row in rows:
        if rates[row.name]:
            row.extra["requests/s"] = f"{statistics.median(rates[row.name]):,.0f}"
    return rows
