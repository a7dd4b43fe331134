# SPDX-License-Identifier: Apache-2.0
"""What every script shares: the running product, a browser that trusts its authority and nothing else, and pages that are watched."""
import contextlib
import json
import os
import subprocess
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PASSWORD = "correct horse battery"
PATIENCE = 60_000  # milliseconds; the machine may be very busy


@dataclass
class Product:
    """A running `gatecast up` in `folder`, with HOME there as well."""

    gatecast: str
    folder: Path
    port: int
    admin: str

    @property
    def origin(self):
        return f"https://localhost:{self.port}"

    @property
    def console(self):
        return f"http://localhost:{self.admin.rsplit(':', 1)[1]}"

    @property
    def token(self):
        return (self.folder / "var/admin-token").read_text().strip()

    def ask_admin(self, path, body=None):
        request = urllib.request.Request(f"http://{self.admin}{path}", data=body and json.dumps(body).encode())
        request.add_header("authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def publish(self, topic, data):
        return self.ask_admin("/publish", {"topic": topic, "data": data})["id"]

    def sockets(self, user):
        return self.ask_admin(f"/connections?user={user}")["count"]


@dataclass
class Watched:
    """What a page said that it should not have."""

    problems: list = field(default_factory=list)
    allowed: tuple = ()

    def on(self, page):
        page.on("console", lambda message: self.note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.note(f"uncaught: {error}"))
        page.on("request", lambda request: self.note_request(request.url))
        self.hosts = set()
        return page

    def note(self, text):
        if not any(part in text for part in self.allowed):
            self.problems.append(text)

    def note_request(self, url):
        if not url.startswith(("data:", "blob:")):
            self.hosts.add(url.split("/")[2])


@contextlib.contextmanager
def chromium(product, *arguments):
    """Headless Chromium as a user of this folder: its certificate database is what `gatecast certs --trust` filled."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-dev-shm-usage", *arguments],
            env={**os.environ, "HOME": str(product.folder)},
            timeout=PATIENCE,
        )
        try:
            yield browser
        finally:
            browser.close()


def new_context(browser, **options):
    context = browser.new_context(viewport={"width": 1200, "height": 800}, **options)
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return context


def open_page(context, product, watched=None):
    page = context.new_page()
    if watched:
        watched.on(page)
    page.goto(product.origin)
    return page


def register(page, name=None):
    """A new account through the page's form; the user's id."""
    name = name or f"ana{uuid.uuid4().hex[:10]}"
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.click("button[value=register]")
    wait_live(page)
    return name, page.inner_text("#topic").removeprefix("user.")


def log_in(page, name):
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.click("button[value=login]")
    wait_live(page)


def wait_live(page):
    page.wait_for_selector("#status[data-phase=live]")


def add_task(page, title, due=""):
    page.fill("#title", title)
    page.select_option("#due", due)
    page.click("#new-task button[type=submit]")
    page.locator("#tasks li", has_text=title).wait_for()


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def certutil_trusts(product):
    """Runs what a user would; the rest of the test rests on it."""
    return subprocess.run(
        [product.gatecast, "certs", "--trust", "--root", str(product.folder / "root")],
        cwd=product.folder,
        env={**os.environ, "HOME": str(product.folder)},
        capture_output=True,
        text=True,
    )
