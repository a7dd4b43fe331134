# SPDX-License-Identifier: Apache-2.0
"""Can everybody use it? axe-core on every view, in light and dark, and what axe does not see: names, focus, width, contrast of states."""
from axe_playwright_python.sync_playwright import Axe

from product import Watched, add_task, check, chromium, new_context, open_page, register

# Contrast as WCAG 2.2 counts it, of everything that has text of its own, against the nearest opaque ground.
CONTRAST = """() => {
  const channel = value => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const parse = text => text.match(/[\\d.]+/g).map(Number)
  const ground = element => {
    for (let it = element; it; it = it.parentElement) {
      const color = parse(getComputedStyle(it).backgroundColor)
      if ((color[3] ?? 1) === 1) return color
    }
    return [255, 255, 255]
  }
  const poor = []
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    const style = getComputedStyle(element)
    if (!own || !element.checkVisibility({ visibilityProperty: true }) || element.closest('.visually-hidden, :disabled, template')) continue
    if (element.getBoundingClientRect().width <= 1) continue
    const [a, b] = [light(parse(style.color)), light(ground(element))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) poor.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)} "${element.textContent.trim().slice(0, 30)}"`)
  }
  return poor
}"""
# Every control has a name, no positive tabindex, no id twice; what changes by itself is announced.
SHAPE = """() => {
  const wrong = []
  const seen = new Set()
  for (const element of document.querySelectorAll('[id]')) {
    if (seen.has(element.id)) wrong.push(`id ${element.id} twice`)
    seen.add(element.id)
  }
  for (const element of document.querySelectorAll('button, input:not([type=hidden]):not([hidden]), select, textarea')) {
    const name = element.getAttribute('aria-label') || element.textContent.trim() || [...(element.labels ?? [])].map(it => it.textContent.trim()).join('')
    if (!name) wrong.push(`${element.outerHTML.slice(0, 80)} has no name`)
  }
  if (document.querySelector('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])')) wrong.push('a positive tabindex')
  for (const attribute of ['aria-labelledby', 'aria-describedby']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(' ')) if (!document.getElementById(id)) wrong.push(`${attribute} names no ${id}`)
    }
  }
  if (document.querySelectorAll('h1').length < 1 || document.documentElement.lang !== 'en') wrong.push('no h1, or no language')
  for (const selector of ['[role=status]', '[role=alert]', 'main', 'header']) if (!document.querySelector(selector)) wrong.push(`no ${selector}`)
  return wrong
}"""
# What is hidden from the eye on purpose aside, nothing reaches over the right edge.
WIDE = """() => document.documentElement.scrollWidth > innerWidth"""


def examine(page, view):
    """Of the page as it is now: both colour schemes, wide and narrow."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        results = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        found = [f"{it['id']}: {node['html'][:120]} {node.get('failureSummary', '')}" for it in results.response["violations"] for node in it["nodes"]]
        check(not found, f"{view}, {scheme}: " + "\n".join(found))
        poor = page.evaluate(CONTRAST)
        check(not poor, f"{view}, {scheme}: contrast below 4.5: {poor}")
    wrong = page.evaluate(SHAPE)
    check(not wrong, f"{view}: {wrong}")
    size = page.viewport_size
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        check(not page.evaluate(WIDE), f"{view} scrolls sideways at {width} px")
    page.set_viewport_size(size)


def run(product):
    with chromium(product) as browser:
        context = new_context(browser)
        page = open_page(context, product, Watched())
        page.wait_for_selector("#door:not([hidden])")
        examine(page, "the door")
        page.fill("#username", "ana")
        page.fill("#password", "short")
        page.click("button[value=register]")
        check(not page.evaluate("document.querySelector('#password').validity.valid"), "a short password is taken")
        page.fill("#password", "long enough, and of nobody")
        page.click("button[value=login]")
        page.wait_for_selector("#door-error:not(:empty)")
        examine(page, "the door with an error")

        register(page)
        add_task(page, "Due soon", due="1")
        add_task(page, "A title without any blank in it, " + "x" * 120)
        page.wait_for_selector(".toast")
        examine(page, "the home page")
        page.click("#bell")
        page.wait_for_selector("#inbox:popover-open")
        examine(page, "the inbox")

        console = context.new_page()
        console.goto(product.console)
        examine(console, "the console's door")
        console.fill("#token", product.token)
        console.click("#unlock button")
        console.wait_for_selector("#routes tbody tr")
        product.publish("user.1", {"a": "b" * 200})
        console.wait_for_selector("#feed li")
        examine(console, "the console")
