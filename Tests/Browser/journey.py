# SPDX-License-Identifier: Apache-2.0
"""Register, log in, a task, its notice and its reminder in a second tab; a network cut, and everything published meanwhile arrives, once and in order."""
from product import Watched, add_task, check, chromium, log_in, new_context, open_page, register, wait_live
from relay import Relay


def run(product):
    relay = Relay(product.port)
    with chromium(product, f"--host-resolver-rules=MAP localhost {relay.address}") as browser:
        context = new_context(browser)
        # A cut network shows as failed requests, which is what is tested.
        watched = Watched(allowed=("net::ERR_", "Failed to load resource"))
        first = open_page(context, product, watched)
        name, user = register(first)
        first.click("#logout")
        first.wait_for_selector("#door:not([hidden])")
        log_in(first, name)

        second = open_page(context, product, watched)
        wait_live(second)
        add_task(first, "Water the plants", due="60")
        second.locator("#events li", has_text="Water the plants").first.wait_for()
        second.locator("#tasks li", has_text="Water the plants").wait_for()
        second.locator(".toast", has_text="Water the plants").first.wait_for()
        check("unread" in second.get_attribute("#bell", "aria-label"), "the bell does not count the notice")
        # Due within the quarter of an hour that reminders come ahead of: a reminder, at once.
        add_task(first, "Call the doctor", due="1")
        second.locator(".toast", has_text="Due: Call the doctor").first.wait_for()
        second.locator("#events li", has_text="Due: Call the doctor").first.wait_for()

        relay.cut()
        for page in (first, second):
            page.wait_for_selector("#status:not([data-phase=live])")
        for number in range(20):
            product.publish(f"user.{user}", {"missed": number})
        relay.mend()
        for page in (first, second):
            wait_live(page)
            page.locator("#events li", has_text='{"missed":19}').wait_for()
            seen = [text for text in page.locator("#events li > :first-child").all_inner_texts() if "missed" in text]
            expected = ['{"missed":%d}' % number for number in reversed(range(20))]
            check(seen == expected, f"not every event once and in order: {seen}")
        check(watched.hosts == {f"localhost:{product.port}"}, f"requests went elsewhere: {watched.hosts}")
        check(not watched.problems, watched.problems)
    relay.close()
