# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""The load of what pushes: sockets that listen, and publishers that keep one connection."""

import json
import socket
import ssl
import subprocess

# Of one event on the wire, the envelope included.
SIZE = 256
# Of `{"id":"…","topic":"…","data":"…"}` without the data's text.
ENVELOPE = 62


class Child:
    """A helper that answers each line on its input with one."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line=""):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Listeners(Child):
    """listeners.c: sockets that count what they get. `mode`: plain, tls or tickets."""

    def __init__(self, bench, server, count, path, mode, at_once=64, fields=()):
        port = server.plain if mode == "plain" else server.port
        super().__init__([bench.folder / "listeners", port, count, path, mode, at_once,
                          f"Host: localhost:{server.port}", *fields])
        said = self.process.stdout.readline().split()
        #   ready OPEN failed FAILED seconds S resumed R
        self.complaint = None if said[:1] == ["ready"] and said[3] == "0" else f"sockets: {' '.join(said)}"
        self.seconds = float(said[5]) if said else 0
        self.resumed = int(said[7]) if said else 0

    def frames(self):
        return int(self.ask()[0])


class Wire:
    """One connection that several requests are written to at once, and their answers read."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb", buffering=1 << 16)

    def post(self, requests):
        self.socket.sendall(b"".join(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body
            for path, fields, body in requests))
        for _ in requests:
            status = self.answers.readline()
            if b" 20" not in status:
                raise SystemExit(f"publishing was answered {status}")
            length = 0
            while (line := self.answers.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line[15:])
            self.answers.read(length)


class GatecastPublisher(Wire):
    """POST /publish of the admin API, all events in one array."""

    def __init__(self, server):
        super().__init__(server.admin)
        self.fields = f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
        self.event = {"topic": "bench", "data": "x" * (SIZE - ENVELOPE)}

    def publish(self, count):
        self.events([self.event] * count)

    def events(self, events):
        self.post([("/publish", self.fields, json.dumps(events).encode())])


class NchanPublisher(Wire):
    def __init__(self, server):
        super().__init__(server.plain)

    def publish(self, count):
        self.topics(["bench"] * count)

    def topics(self, topics):
        self.post([(f"/publish/{topic}", "Accept: text/json\r\n", b"x" * SIZE) for topic in topics])


class RedisPublisher(Wire):
    """XADD, pipelined: what a back end does."""

    def __init__(self, redis):
        super().__init__(redis.port)
        self.data = json.dumps("x" * (SIZE - ENVELOPE))

    def topics(self, topics):
        words = [
            ["XADD", "gatecast:log", "MAXLEN", "~", "100000", "*", "topic", topic, "data", self.data] for topic in topics]
        requests = ["".join([f"*{len(line)}\r\n", *(f"${len(word)}\r\n{word}\r\n" for word in line)]).encode() for line in words]
        self.socket.sendall(b"".join(requests))
        for _ in requests:
            said = self.answers.readline()
            if not said.startswith(b"$"):
                raise SystemExit(f"XADD was answered {said}")
            self.answers.readline()


class FloorPublisher:
    def __init__(self, server, mode):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        if mode == "tls":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.socket.sendall(b"GET /ticks HTTP/1.1\r\n\r\n")
        self.socket.recv(4096)

    def publish(self, count):
        self.socket.sendall(b"." * count)
