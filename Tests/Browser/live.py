# SPDX-License-Identifier: Apache-2.0
"""The live client against a gateway that is cut off, restarted and killed: every event once and in order, in every tab."""
import shutil
import signal
import subprocess
import time

from product import PATIENCE, Product, check, chromium, new_context, open_page, register
from ssr import free_ports

HEAR = """() => import('/live.js').then(({ connectLive }) => {
  window.heard = []; window.gaps = 0; window.phases = []
  window.live = connectLive({ url: '/live?mine=1', onGap: () => gaps++ })
  live.subscribe(() => phases.push(live.getSnapshot().phase))
  live.on('*', data => { if (data.number !== undefined) heard.push(data.number) })
})"""


class Node:
    """A `gatecast up` that can be ended and begun again on one port and folder."""

    def __init__(self, product):
        self.gatecast, self.folder = product.gatecast, product.folder / "live"
        shutil.copytree(product.folder / "certs", self.folder / "certs")
        self.ports = free_ports(3)
        self.start()

    def start(self):
        listen, internal, admin = (f"127.0.0.1:{port}" for port in self.ports)
        arguments = ["up", "--listen", listen, "--internal", internal, "--admin", admin, "--log", "json"]
        self.log = open(self.folder / "up.log", "ab")
        self.process = subprocess.Popen([self.gatecast, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log, text=True)
        check(any("https://localhost:" in line for line in self.process.stdout), "it did not start; see up.log")
        self.product = Product(self.gatecast, self.folder, self.ports[0], admin)

    def end(self, with_signal):
        self.process.send_signal(with_signal)
        self.process.wait(60)


def wait(page, script, what):
    """Playwright's own waiting evaluates text in the page, which the page's policy forbids."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(script):
        check(time.monotonic() < deadline, f"{what}: heard {page.evaluate('heard')}, phases {page.evaluate('phases')}")
        page.wait_for_timeout(50)


def run(product):
    node = Node(product)
    try:
        with chromium(product) as browser:
            context = new_context(browser)
            first = open_page(context, node.product)
            _, user = register(first)
            pages = [first, open_page(context, node.product)]
            for page in pages:
                page.evaluate(HEAR)
                wait(page, "live.getSnapshot().phase === 'live'", "never live")
            check(sorted(page.evaluate("live.getSnapshot().leads") for page in pages) == [False, True], "two tabs lead")
            number = 0

            def publish(count):
                nonlocal number
                for _ in range(count):
                    node.product.publish(f"user.{user}", {"number": number})
                    number += 1

            for with_signal in (signal.SIGTERM, signal.SIGKILL):
                publish(5)
                for page in pages:
                    wait(page, f"heard.length === {number}", "before the end")
                node.end(with_signal)
                for page in pages:
                    wait(page, "live.getSnapshot().phase !== 'live'", "did not notice")
                node.start()
                publish(5)
                for page in pages:
                    wait(page, f"heard.length >= {number} && live.getSnapshot().phase === 'live'", f"after {with_signal}")
            # The tab that leads goes: the other takes the connection over.
            leader = next(page for page in pages if page.evaluate("live.getSnapshot().leads"))
            rest = next(page for page in pages if page is not leader)
            leader.close()
            wait(rest, "live.getSnapshot().leads && live.getSnapshot().phase === 'live'", "nobody took over")
            publish(5)
            wait(rest, f"heard.length >= {number}", "after the tab that led went")
            check(rest.evaluate("heard") == list(range(number)), rest.evaluate("heard"))
            check(rest.evaluate("gaps") == 0, "something was missed")
            rest.evaluate("live.close()")
            check(rest.evaluate("live.getSnapshot().phase") == "closed", "close does not close")
    finally:
        if node.process.poll() is None:
            node.end(signal.SIGTERM)
