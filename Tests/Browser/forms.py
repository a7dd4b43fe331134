# SPDX-License-Identifier: Apache-2.0
"""The forms of the embedded page by keyboard alone: tasks, notices, sessions."""
from playwright.sync_api import expect

from product import Watched, check, chromium, log_in, new_context, open_page, register


def focus_on(page, selector):
    """Tab until the element has the focus; a person without a mouse has no other way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def add(page, title):
    focus_on(page, "#title")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.locator("#tasks li", has_text=title).wait_for()


def tasks(page):
    add(page, "First")
    add(page, "Second")
    check(page.evaluate("document.activeElement.id") == "title", "the focus is lost after adding")
    page.keyboard.press("Enter")
    page.locator("#task-error", has_text="A task needs a title.").wait_for()
    check(page.get_attribute("#title", "aria-invalid") == "true", "the field is not marked")

    check(page.locator("#tasks li.can-change").count() == 2, "tasks cannot be changed")
    first = page.locator("#tasks li", has_text="First")
    focus_on(page, "#tasks li:last-child input")
    page.keyboard.press("Space")
    page.locator("#tasks li.done", has_text="First").wait_for()

    focus_on(page, "#tasks li:last-child .edit")
    page.keyboard.press("Enter")
    field = first.locator("form input")
    field.wait_for()
    field.fill("2030-01-02T03:04")
    page.keyboard.press("Enter")
    first.locator("time", has_text="2030").wait_for()
    focus_on(page, "#tasks li:last-child .edit")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    check(first.locator("form").count() == 0, "Escape does not close the form")

    focus_on(page, "#tasks li:last-child .delete")
    page.keyboard.press("Enter")
    first.wait_for(state="detached")
    check(page.evaluate("document.activeElement.matches('.delete')"), "the focus is lost after deleting")


def notices(page):
    focus_on(page, "#bell")
    page.keyboard.press("Enter")
    page.locator("#inbox:popover-open li.unread").first.wait_for()
    before = page.locator("#notices li.unread").count()
    focus_on(page, "#notices button")
    page.keyboard.press("Enter")
    expect(page.locator("#notices li.unread")).to_have_count(before - 1)
    focus_on(page, "#read-all")
    page.keyboard.press("Enter")
    expect(page.locator("#notices li.unread")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("#inbox").wait_for(state="hidden")
    check(page.get_attribute("#bell", "aria-label") == "Notifications", "the bell still counts")


def sessions(browser, product, page, name):
    there = open_page(new_context(browser), product, Watched())
    log_in(there, name)
    page.reload()
    expect(page.locator("#sessions li")).to_have_count(2)
    focus_on(page, "#sessions button")
    page.keyboard.press("Enter")
    expect(page.locator("#sessions li")).to_have_count(1)
    there.wait_for_selector("#door:not([hidden])")


def run(product):
    with chromium(product) as browser:
        watched = Watched()
        page = open_page(new_context(browser), product, watched)
        name, _ = register(page)
        tasks(page)
        notices(page)
        sessions(browser, product, page, name)
        check(not watched.problems, watched.problems)
