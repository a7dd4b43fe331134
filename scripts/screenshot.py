# SPDX-License-Identifier: Apache-2.0
"""Registers, adds tasks, publishes from a terminal, and takes the page in light and dark. HTTPS is verified: Chromium trusts the run's own CA."""
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

work, gatecast, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])

deadline = time.monotonic() + 60
while not (work / "var/admin-address").exists():
    if time.monotonic() > deadline:
        sys.exit((work / "up.log").read_text())
    time.sleep(0.1)

nss = work / ".pki/nssdb"
nss.mkdir(parents=True)
subprocess.run(["certutil", "-d", f"sql:{nss}", "-N", "--empty-password"], check=True)
subprocess.run(
    ["certutil", "-d", f"sql:{nss}", "-A", "-t", "C,,", "-n", "gatecast", "-i", work / "certs/ca.pem"], check=True
)

with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    context = browser.new_context(viewport={"width": 1120, "height": 640}, device_scale_factor=1.5)
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("https://localhost:8443/")
    page.fill("[name=username]", "ana")
    page.fill("[name=password]", "correct horse battery")
    page.click("button[value=register]")
    page.wait_for_selector("#status[data-phase=live]")
    for title in ("Water the plants", "Call the plumber"):
        page.fill("[name=title]", title)
        page.click("#new-task button")
        page.wait_for_selector(f"#events li:has-text('{title}')")
    topic = page.inner_text("#topic")
    subprocess.run([gatecast, "publish", topic, '{"hello":1}'], cwd=work, check=True, stdout=subprocess.DEVNULL)
    page.wait_for_selector("#events li:has-text('hello')")
    assert page.evaluate("document.cookie").startswith("__Host-session-until="), "the session cookie must be HTTP-only"
    time.sleep(2)  # the highlight of new rows fades
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=target / f"page-{scheme}.png")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= 360"), "the page must not scroll sideways at 360 px"
    page.click("#logout")
    page.wait_for_selector("#door:not([hidden])")
    # A signed-out page asks for a session first; that answer is a 200, so nothing may have failed on the way.
    assert not problems, problems
    browser.close()
print("docs/page-light.png and docs/page-dark.png taken")
