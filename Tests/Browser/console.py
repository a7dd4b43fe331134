# SPDX-License-Identifier: Apache-2.0
"""The operator's page: what the token opens, what it shows of this node, an event published by its form, and that locking forgets."""
import json

from product import Watched, add_task, check, chromium, new_context, open_page, register

# The pure part, against a text whose answers are known.
INTERVAL = """async () => {
  const { Interval, parse, sum } = await import('/exposition.js')
  const text = (count, slow) => `# TYPE n counter\\nn{a="x",b="q\\\\"\\\\n"} ${count}\\nn{a="y"} 1\\nt_bucket{le="1"} ${count}\\nt_bucket{le="2"} ${count + slow}\\nt_bucket{le="+Inf"} ${count + slow}\\n`
  const at = (text, at) => ({ metrics: parse(text), at })
  const it = new Interval(at(text(10, 0), 0), at(text(20, 10), 2000))
  const restarted = new Interval(at(text(10, 0), 0), at(text(4, 0), 2000))
  return [sum(it.now, 'n'), sum(it.now, 'n', { a: /^x/ }), it.now.get('n')[0].labels.b, it.rate('n', { a: 'x' }), it.quantile(0.5, 't'),
    it.quantile(0.75, 't'), it.quantile(0.5, 'absent') ?? 'none', restarted.rise('n', { a: 'x' })]
}"""


def run(product):
    with chromium(product) as browser:
        context = new_context(browser)
        _, user = register(open_page(context, product, Watched()))
        watched = Watched(allowed=("401",))
        page = watched.on(context.new_page())
        page.goto(product.console)
        page.fill("#token", "0123456789abcdef0123456789abcdef")
        page.click("#unlock button")
        page.locator("#door-error", has_text="That is not the admin token.").wait_for()
        check(page.locator("#panel").is_hidden(), "a wrong token opens the console")

        page.fill("#token", product.token)
        page.keyboard.press("Enter")
        page.locator("#ready", has_text="ready").wait_for()
        names = ["users", "tasks", "notifications"]
        routes = [f"/api/{name}/" for name in names] + [f"/docs/{name}/" for name in names]
        check(sorted(page.locator("#routes tbody th").all_inner_texts()) == sorted(routes), "routes")
        check(page.locator("#upstreams .pill.good", has_text="up").count() == 3, "every endpoint is up")
        page.locator("#sockets tbody th", has_text=user).wait_for()
        sockets = page.locator(".dial", has_text="Sockets")
        sockets.locator(".value", has_text="1").wait_for()
        sockets.locator("path.first[d^=M]").wait_for(state="attached")
        check("Sockets: now 1" in sockets.locator("svg").get_attribute("aria-label"), "the plot has no words")

        home = context.pages[0]
        page.fill("#topic", f"user.{user}")
        page.fill("#data", '{"from": "the console"}')
        page.click("#publish button")
        page.locator("#publish-answer", has_text="Published as").wait_for()
        home.locator("#events li", has_text="the console").wait_for()
        page.locator("#feed li", has_text="the console").wait_for()
        page.check("#ephemeral")
        page.click("#publish button")
        page.locator("#publish-answer", has_text="Sent to everybody").wait_for()
        for field, text, said in (("#data", "{", "no JSON"), ("#topic", "a..b", "A topic is")):
            page.fill(field, text)
            page.click("#publish button")
            page.locator("#publish-answer", has_text=said).wait_for()
            check(page.get_attribute(field, "aria-invalid") == "true", f"{field} is not marked")

        check(page.evaluate(INTERVAL) == [21, 20, 'q"\n', 5, 1, 1.5, "none", 4], page.evaluate(INTERVAL))
        look = "JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href, document.body.outerHTML])"
        check(product.token not in json.loads(json.dumps(page.evaluate(look))), "the token lies about")
        page.click("#lock")
        check(page.locator("#panel").is_hidden() and page.locator("#feed li, #sockets tr").count() == 0, "locking leaves something")
        check(page.input_value("#token") == "", "the token is still in its field")
        page.reload()
        check(page.locator("#panel").is_hidden(), "a reload opens the console without its token")
        check(watched.hosts == {product.console.removeprefix("http://")}, f"requests went elsewhere: {watched.hosts}")
        check(not watched.problems, watched.problems)
        add_task(home, "Still here")
