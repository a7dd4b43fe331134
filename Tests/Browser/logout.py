# SPDX-License-Identifier: Apache-2.0
"""Log out in one tab: the other shows the door and the gateway has no socket of this user any more; everywhere is every browser."""
import time

from product import Watched, check, chromium, log_in, new_context, open_page, register, wait_live


def wait_for_sockets(product, user, count):
    deadline = time.monotonic() + 60
    while product.sockets(user) != count:
        check(time.monotonic() < deadline, f"{product.sockets(user)} sockets of user {user}, not {count}")
        time.sleep(0.1)


def run(product):
    with chromium(product) as browser:
        watched = Watched()
        here = new_context(browser)
        first = open_page(here, product, watched)
        name, user = register(first)
        second = open_page(here, product, watched)
        wait_live(second)
        wait_for_sockets(product, user, 1)  # the tabs of a browser share one

        first.click("#logout")
        for page in (first, second):
            page.wait_for_selector("#door:not([hidden])")
            check(page.locator("#home").is_hidden(), "the page still shows what was the user's")
            check(page.locator("#tasks li, #events li, #notices li, #sessions li").count() == 0, "something is left")
        check(second.inner_text("#door-error") == "You were logged out.", "the second tab does not say why")
        wait_for_sockets(product, user, 0)
        check(here.cookies() == [], f"cookies are left: {here.cookies()}")

        # Another browser of the same user goes with "log out everywhere".
        there = new_context(browser)
        other = open_page(there, product, watched)
        log_in(other, name)
        log_in(second, name)
        wait_for_sockets(product, user, 2)
        check(second.locator("#sessions li").count() >= 1, "no session is listed")
        second.click("#logout-all")
        for page in (first, second, other):
            page.wait_for_selector("#door:not([hidden])")
        wait_for_sockets(product, user, 0)
        check(not watched.problems, watched.problems)
