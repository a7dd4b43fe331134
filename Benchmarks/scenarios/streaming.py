# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Streaming: 1 GiB down and up over TLS

One curl at a time. CPU-seconds of the server for the whole transfer, and the most memory it ever held meanwhile.
"""

import subprocess

from measure import Row, Table

BYTES = 1 << 30


def tables(bench):
    peers, identities = bench.peers, bench.identities
    backend = peers.backend()
    token = f"Authorization: Bearer {identities.token('ES256')}"
    servers = [("gatecast", peers.gatecast(backend)), ("nginx", peers.nginx(backend)), ("haproxy", peers.haproxy(backend))]
    zeros = peers.folder / "zeros"
    with open(zeros, "wb") as file:
        file.truncate(BYTES)  # sparse

    def transfer(server, direction, protocol):
        command = ["curl", "-sS", "--fail", protocol, "--cacert", str(bench.folder / "ca.pem"), "-H", token,
                   "-o", "/dev/null", "-H", "Expect:", "--max-time", "120"]
        if direction == "down":
            command.append(f"https://localhost:{server.port}/api/bytes/{BYTES}")
        else:
            command += ["-T", str(zeros), f"https://localhost:{server.port}/api/upload"]
        before = server.cpu()
        server.forget_peak()
        done = subprocess.run(command, capture_output=True, text=True)
        return server.cpu() - before, server.memory("VmHWM"), done.stderr.strip() if done.returncode else None

    results = []
    for protocol, flag in (("HTTP/1.1", "--http1.1"), ("HTTP/2", "--http2")):
        for direction in ("down", "up"):
            rows = [Row(name) for name, _ in servers]
            for _ in range(bench.rounds):
                for row, (_, server) in zip(rows, servers):
                    seconds, peak, complaint = transfer(server, direction, flag)
                    if complaint:
                        row.complaints.append(complaint)
                        bench.say(f"  {row.name} {direction} {protocol}: {complaint}")
                        continue
                    row.samples.append(seconds)
                    row.extra["peak MiB"] = f"{max(peak, float(row.extra.get('peak MiB', 0))):.1f}"
                    bench.say(f"  {row.name} {direction} {protocol}: {seconds:.2f} s, {peak:.1f} MiB")
            results.append(Table(f"1 GiB {direction}, {protocol}", "CPU-s", rows, base="nginx", digits=2))
    return results
