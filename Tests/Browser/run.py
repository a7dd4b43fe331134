# SPDX-License-Identifier: Apache-2.0
"""Runs the named scripts (all by default) against a product: a running one named by the environment, or one that it starts and ends."""
import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from product import Product, certutil_trusts

SCRIPTS = ["journey", "live", "logout", "tokens", "foreign", "forms", "access", "console", "ssr"]


@contextlib.contextmanager
def started(gatecast, listen="127.0.0.1:0"):
    with tempfile.TemporaryDirectory(prefix="gatecast-browser-") as folder:
        arguments = ["up", "--listen", listen, "--internal", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "json"]
        log = open(f"{folder}/up.log", "wb")
        process = subprocess.Popen([gatecast, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = next((line for line in process.stdout if "https://localhost:" in line), None)
            if line is None:
                sys.exit(Path(f"{folder}/up.log").read_text())
            port = int(line.split("https://localhost:")[1].split()[0].rstrip("/"))
            yield Product(gatecast, Path(folder), port, (Path(folder) / "var/admin-address").read_text().strip())
        finally:
            process.terminate()
            process.wait(60)


def main(gatecast, names):
    folder = os.environ.get("GATECAST_FOLDER")
    if folder:
        admin = (Path(folder) / "var/admin-address").read_text().strip()
        running = contextlib.nullcontext(Product(gatecast, Path(folder), int(os.environ["GATECAST_PORT"]), admin))
    else:
        running = started(gatecast)
    with running as product:
        if not (product.folder / ".pki/nssdb/cert9.db").exists():
            trusted = certutil_trusts(product)
            if "trusted: Chromium and Chrome" not in trusted.stdout:
                sys.exit(trusted.stdout + trusted.stderr)
        for name in names or SCRIPTS:
            begin = time.monotonic()
            importlib.import_module(name).run(product)
            print(f"{name}: ok, {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), sys.argv[2:])
