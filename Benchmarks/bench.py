#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Measures a release build of Gatecast beside its peers and writes one page a scenario under docs/benchmarks/.

A scenario is a module under scenarios/ with a docstring (its one line of help), and `tables(bench)`, which returns the
tables it measured. `bench` is the `Bench` below. Everything runs on loopback, ends by itself, and is ended by pid.
"""

import argparse
import importlib
import pkgutil
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True

import report
import scenarios
from identities import Identities, LoginBackend
from live_peers import LivePeers
from measure import compare
from peers import Peers
from processes import run

HERE = Path(__file__).parent
ROOT = HERE.parent


class Bench:
    """One run: its folder, who it is, the servers it may start, and how long it may take."""

    def __init__(self, options, folder):
        self.rounds = options.rounds
        self.seconds = options.seconds
        self.folder = folder
        for source, libraries in (
            ("backend", []), ("tokens", ["-lcrypto"]), *((name, ["-lssl", "-lcrypto"]) for name in ("listeners", "floor", "jitter")),
        ):
            run("cc", "-O2", "-o", folder / source, HERE / f"{source}.c", *libraries)
        self.identities = Identities(folder, folder / "tokens")
        self.login = LoginBackend(self.identities)
        self.gatecast = options.gatecast
        # Built beside it.
        self.tasks = options.gatecast.with_name("tasks-service")
        self.peers = None
        self.live = None

    def say(self, text):
        print(text, flush=True)

    def compare(self, subjects, load, **options):
        return compare(subjects, load, self.rounds, self.seconds, self.say, **options)

    def run(self, scenario):
        """The scenario's tables; every server it started is gone afterwards."""
        self.peers = Peers(Path(tempfile.mkdtemp(dir=self.folder)), self.gatecast, self.identities, self.login)
        for file in self.folder.iterdir():
            if file.is_file():
                (self.peers.folder / file.name).symlink_to(file)
        self.live = LivePeers(self.peers)
        try:
            return scenario.tables(self)
        finally:
            self.peers.stop()


def available():
    return {
        found.name: importlib.import_module(f"scenarios.{found.name}")
        for found in pkgutil.iter_modules(scenarios.__path__)
    }


def main():
    known = available()
    parser = argparse.ArgumentParser(
        prog="make bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Server CPU per unit of work, Gatecast and its peers.",
        epilog="scenarios:\n" + "\n".join(f"  {name:<12} {module.__doc__.splitlines()[0]}" for name, module in known.items()),
    )
    parser.add_argument("only", nargs="*", metavar="scenario", help="some of the scenarios below; all without")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (5)")
    parser.add_argument("--seconds", type=float, default=2, help="of each window (2)")
    parser.add_argument("--gatecast", type=Path, default=ROOT / ".build/release/gatecast", help="the binary")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks", help="folder of the results")
    options = parser.parse_args()
    wrong = [name for name in options.only if name not in known]
    if wrong:
        parser.error(f"no scenario {', '.join(wrong)}; there are {', '.join(known)}")
    for binary in (options.gatecast, options.gatecast.with_name("tasks-service")):
        if not binary.exists():
            parser.error(f"{binary} is missing: swift build -c release --static-swift-stdlib --product {binary.name}")

    # Ended from outside, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="gatecast-bench-"))
    folder.chmod(0o755)
    try:
        bench = Bench(options, folder)
        for name in options.only or known:
            bench.say(f"\n{name}: {known[name].__doc__.splitlines()[0]}")
            start = time.monotonic()
            tables = bench.run(known[name])
            write(options, name, known[name], tables, time.monotonic() - start)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(options, name, module, tables, seconds):
    """One Markdown file a scenario, so that one can be measured again alone."""
    options.output.mkdir(parents=True, exist_ok=True)
    text = [f"## {module.__doc__.splitlines()[0]}\n"]
    body = "\n".join(module.__doc__.splitlines()[1:]).strip()
    if body:
        text.append(body + "\n")
    for number, table in enumerate(tables):
        print(report.terminal(table), flush=True)
        picture = f"{name}-{number + 1}.svg"
        if any(row.samples for row in table.rows):
            (options.output / picture).write_text(report.bars(table))
        else:
            picture = None
        text.append(report.markdown(table, picture))
    text += [f"- {key}: {value}" for key, value in report.machine(options.gatecast)]
    text.append(f"- command: `make bench ONLY={name} ROUNDS={options.rounds} SECONDS={options.seconds:g}`, "
                f"{seconds:.0f} s, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}")
    (options.output / f"{name}.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
