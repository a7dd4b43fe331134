# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""The load: wrk for HTTP/1.1, h2load for HTTP/2, both in a closed loop, and what they say about failures."""

import re
import subprocess


class Load:
    def __init__(self, connections=64, streams=1, script=None):
        self.connections = connections
        self.streams = streams
        self.script = script

    def start(self, subject, seconds):
        command = [str(part) for part in self.command(subject, seconds)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, seconds):
        """`None`, or what went wrong."""
        try:
            output, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "the load did not end"
        if self.process.returncode != 0:
            return f"the load failed: {output[-500:]}"
        return self.complaint(output)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class HTTP1(Load):
    protocol = "HTTP/1.1"

    def command(self, subject, seconds):
        fields = [part for field in subject.fields for part in ("-H", field)]
        script = ["-s", self.script] if self.script else []
        return ["wrk", "-t", 1, "-c", self.connections, "-d", f"{seconds:.0f}s", "--timeout", "15s", *fields, *script,
                f"https://localhost:{subject.server.port}{subject.path}"]

    def complaint(self, output):
        found = re.search(r"(Socket errors:.*|Non-2xx.*)", output)
        if found and "Socket errors: connect 0, read 0, write 0, timeout 0" not in found[0]:
            return found[0]
        return None


class HTTP2(Load):
    protocol = "HTTP/2"

    def command(self, subject, seconds):
        fields = [part for field in subject.fields for part in ("-H", field)]
        return ["h2load", "-t", 1, "-c", self.connections, "-m", self.streams, "-D", f"{seconds:.0f}", *fields,
                f"https://localhost:{subject.server.port}{subject.path}"]

    def complaint(self, output):
        found = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
        if not found or int(found[1]) == 0:
            return f"no answers: {output[-500:]}"
        if any(int(found[group]) for group in (2, 3, 4)):
            return found[0]
        failed = re.search(r"(\d+) failed, (\d+) errored", output)
        return failed[0] if failed and (int(failed[1]) or int(failed[2])) else None
