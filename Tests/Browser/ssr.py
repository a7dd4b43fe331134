# SPDX-License-Identifier: Apache-2.0
"""examples/ssr in both topologies: forms without scripts, a page that is fresh, events from the snapshot on, signed out everywhere."""
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import expect
from product import PATIENCE, PASSWORD, Watched, check, chromium, new_context

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Site:
    """`examples/ssr/run TOPOLOGY` on ports of its own, with the product's certificates, which the browser trusts."""

    def __init__(self, product, topology):
        public, internal, admin, users, web = free_ports(5)
        self.origin = f"https://localhost:{public if topology == 'behind' else web}"
        self.data = product.folder / f"ssr-{topology}"
        self.admin = admin
        self.log = open(product.folder / f"ssr-{topology}.log", "w+b")
        environment = {
            **os.environ, "GATECAST_BIN": str(Path(product.gatecast).parent), "DATA": str(self.data), "CERTS": str(product.folder / "certs"),
            "PUBLIC_PORT": str(public), "INTERNAL_PORT": str(internal), "ADMIN_PORT": str(admin), "USERS_PORT": str(users), "WEB_PORT": str(web),
        }
        self.process = subprocess.Popen([ROOT / "examples/ssr/run", topology], env=environment, cwd=product.folder, stderr=self.log, stdout=self.log)
        deadline = time.monotonic() + 60
        while self.said().count(b'"listening"') < 5:
            check(self.process.poll() is None and time.monotonic() < deadline, self.said().decode())
            time.sleep(0.1)

    def said(self):
        return Path(self.log.name).read_bytes()

    def publish(self, topic, data):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}/publish", data=json.dumps({"topic": topic, "data": data}).encode())
        request.add_header("authorization", f"Bearer {(self.data / 'admin-token').read_text().strip()}")
        urllib.request.urlopen(request, timeout=60).read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(60) == 0, f"run ended {self.process.returncode}: {self.said().decode()[-2000:]}")


def enter(page, name, action):
    form = page.locator(f"form[action='/auth/{action}']")
    form.locator("[name=username]").fill(name)
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").click()
    expect(page.locator("h1")).to_have_text(f"Signed in as {name}", timeout=PATIENCE)


def journey(browser, site, transport):
    plain = new_context(browser, java_script_enabled=False)
    page = plain.new_page()
    page.goto(site.origin + "/")
    check(page.url == f"{site.origin}/login?next=%2F", page.url)
    enter(page, "ada", "register")
    page.locator("form[action='/auth/logout'] button").click()
    page.wait_for_url("**/login*")
    plain.close()

    context = new_context(browser)
    watched = Watched(allowed=("WebSocket", "Failed to load resource"))
    page = watched.on(context.new_page())
    page.goto(site.origin + "/login")
    enter(page, "ada", "login")
    # Between snapshot and stream: published before the script runs.
    page.route("**/assets/page.js", lambda route: (site.publish("user.1", {"between": 1}), route.continue_()))
    page.reload()
    expect(page.locator("#status")).to_have_text(f"live ({transport})", timeout=PATIENCE)
    site.publish("user.1", {"after": 2})
    expect(page.locator("#events li")).to_have_text(['user.1 {"between":1}', 'user.1 {"after":2}'], timeout=PATIENCE)

    other = watched.on(context.new_page())
    other.goto(site.origin + "/")
    other.locator("form[action='/auth/logout'] button").click()
    page.wait_for_selector("form[action='/auth/login']")  # sent there by its live client
    check(watched.hosts == {site.origin.removeprefix("https://")}, f"requests went elsewhere: {watched.hosts}")
    check(not watched.problems, watched.problems)
    context.close()


def run(product):
    with chromium(product) as browser:
        for topology, transport in (("behind", "websocket"), ("front", "sse")):
            site = Site(product, topology)
            try:
                journey(browser, site, transport)
            finally:
                site.stop()
