# SPDX-License-Identifier: Apache-2.0
"""Both pages, light and dark, from a product with a little traffic. HTTPS is verified: Chromium trusts the run's own authority."""
import sys
import threading
import time
from pathlib import Path

from product import Watched, add_task, certutil_trusts, check, chromium, new_context, open_page, register
from run import started

TASKS = (("Water the plants", ""), ("Call the plumber", "60"), ("Send the invoice", "1440"))
SECONDS = 40  # of traffic, so that the console has something to plot


def traffic(product, user, stop):
    number = 0
    while not stop.wait(0.15 + 0.1 * (number % 7)):
        number += 1
        product.publish(f"user.{user}", {"typing": number % 2 == 0})


def shoot(page, name, target, height):
    page.set_viewport_size({"width": 1200, "height": height})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=target / f"{name}-{scheme}.png")


def take(product, target):
    check(certutil_trusts(product).stdout.count("trusted: Chromium"), "Chromium does not trust the authority")
    with chromium(product) as browser:
        context = new_context(browser)
        watched = Watched()
        page = open_page(context, product, watched)
        _, user = register(page, "ana")
        for title, due in TASKS:
            add_task(page, title, due)
        page.locator("#events li", has_text=TASKS[-1][0]).wait_for()
        page.locator(".toast").first.wait_for(state="detached")
        shoot(page, "page", target, 800)

        page.evaluate("void setInterval(() => fetch('/api/tasks/'), 400)")
        console = watched.on(context.new_page())
        console.goto(product.console)
        console.fill("#token", product.token)
        console.click("#unlock button")
        stop = threading.Event()
        threading.Thread(target=traffic, args=(product, user, stop), daemon=True).start()
        time.sleep(SECONDS)
        stop.set()
        shoot(console, "console", target, 860)
        check(not watched.problems, watched.problems)


with started(sys.argv[1], "127.0.0.1:8443") as running:
    take(running, Path(sys.argv[2]))
print("docs/page-*.png and docs/console-*.png taken")
