# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Tasks: list and create in tasks-service, 32 connections, plain HTTP, with 100,000 tasks of one user in the store

CPU-µs of the service (user and system, from /proc) per request that wrk saw answered; publishing the events of created
tasks to Redis is the service's own work and included. A token seen before, the default page of 50 tasks, no access log.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import subprocess
import time

from measure import WARM_UP, Row, Table
from processes import Server, free_port

TASKS = 100_000
CONNECTIONS = 32

SCRIPT = """\
wrk.method = "{method}"
wrk.headers["Authorization"] = "Bearer {token}"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{body}'
"""

BODY = '{"title":"Buy milk","notes":"two litres","labels":["home"],"due_at":"2040-01-01T00:00:00Z"}'


def token(secret, subject):
    """HS256: what is measured is the service; every request but the first meets its cache of tokens."""
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    now = int(time.time())
    claims = {"iss": "https://localhost:8443", "aud": "gatecast", "sub": subject, "iat": now, "exp": now + 3600}
    text = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "at+jwt"}, claims))
    return f"{text}.{encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def fill(path):
    """Rows as the service writes them, half of them with a due time, in one transaction."""
    with sqlite3.connect(path, timeout=30) as store:
        store.executemany(
            "INSERT INTO work_items (id, owner, title, notes, due_at, created_at, updated_at) VALUES (?, 'ana', ?, ?, ?, ?, ?)",
            ((f"seed-{n}", f"Task {n}", "some notes", 2_000_000_000_000 + n if n % 2 else None, n, n)
             for n in range(TASKS)),
        )
        store.execute("INSERT OR REPLACE INTO list_stamps VALUES ('ana', random())")
    store.close()


class Service:
    def __init__(self, bench, redis, cache):
        port = free_port()
        self.folder = bench.peers.folder / f"tasks-{port}"
        self.folder.mkdir()
        secret = secrets.token_urlsafe(48)
        self.server = Server("tasks-service", [str(bench.tasks)], port, self.folder / "log", {
            "LISTEN": f"127.0.0.1:{port}", "DATA": str(self.folder), "REDIS_URL": f"redis://127.0.0.1:{redis.port}",
            "JWT_SECRET": secret, "LOG_LEVEL": "warning", "CACHE": cache,
        })
        self.token = token(secret, "ana")
        fill(self.folder / "tasks.sqlite")

    def measure(self, method, path, seconds):
        """CPU-µs a request, requests/s, p99 in ms, and a complaint or None."""
        script = self.folder / "load.lua"
        script.write_text(SCRIPT.format(method=method, token=self.token, body=BODY if method == "POST" else ""))
        url = f"http://127.0.0.1:{self.server.port}{path}"
        command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "--latency", "-s", str(script)]
        subprocess.run([*command, "-d", f"{max(1, WARM_UP):.0f}s", url], capture_output=True, timeout=60, check=True)
        cpu = self.server.cpu()
        output = subprocess.run(
            [*command, "-d", f"{seconds:.0f}s", url], capture_output=True, text=True, timeout=60 + seconds, check=True).stdout
        spent = self.server.cpu() - cpu
        count = int(re.search(r"(\d+) requests in", output)[1])
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
        p99 = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
        wrong = re.search(r"Non-2xx.*|Socket errors:.*", output)
        return spent / count * 1e6, count / seconds, p99, wrong and wrong[0]


def tables(bench):
    port = free_port()
    redis = Server(
        "redis-server", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                         "--dir", str(bench.peers.folder)], port, bench.peers.folder / "redis.log")
    services = {}
    try:
        services = {cache: Service(bench, redis, cache) for cache in ("memory", "redis", "off")}
        subjects = [
            ("list, cached in memory", services["memory"], "GET", "/api/tasks/"),
            ("list, cached in Redis", services["redis"], "GET", "/api/tasks/"),
            ("list, no cache", services["off"], "GET", "/api/tasks/"),
            ("list by due time, no cache", services["off"], "GET", "/api/tasks/?sort=due_at"),
            ("create", services["memory"], "POST", "/api/tasks/"),
        ]
        return [Table("tasks-service", "CPU-µs", measure(bench, subjects), note=(
            "`per core` is 10⁶ divided by the median: what one core serves when nothing else runs on it. p99 is of the closed loop of "
            f"{CONNECTIONS} connections on this machine, load and service side by side; the median of the rounds."))]
    finally:
        for service in services.values():
            service.server.stop()
        redis.stop()


def measure(bench, subjects):
    rows = {name: Row(name) for name, *_ in subjects}
    seen = {name: [] for name in rows}
    for number in range(bench.rounds):
        for name, service, method, path in subjects:
            cost, rate, p99, complaint = service.measure(method, path, bench.seconds)
            if complaint:
                rows[name].complaints.append(complaint)
                continue
            rows[name].samples.append(cost)
            seen[name].append((rate, p99))
            rows[name].extra["MiB resident"] = f"{service.server.memory():.0f}"
            bench.say(f"  round {number + 1}  {name}: {cost:.1f} µs, {rate:.0f}/s, p99 {p99:.1f} ms")
    for name, row in rows.items():
        if row.samples:
            row.extra["per core"] = f"{1e6 / row.median:,.0f}/s"
            row.extra["p99 ms"] = f"{sorted(p99 for _, p99 in seen[name])[len(seen[name]) // 2]:.1f}"
    return list(rows.values())
