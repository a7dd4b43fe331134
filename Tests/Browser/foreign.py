# SPDX-License-Identifier: Apache-2.0
"""Another site, open in the same browser: it can call nothing, change nothing, open no socket, and not reach the admin listener."""
import contextlib
import http.server
import threading

from product import Watched, add_task, check, chromium, new_context, open_page, register

# One that is another site altogether, and one on another port of the same host: `same-site` to the browser.
TRY = """async ({ origin, console: admin }) => {
  const said = {}
  const ask = async (name, url, options) => {
    try { const answer = await fetch(url, options); said[name] = `${answer.type} ${answer.status}` } catch { said[name] = 'refused' }
  }
  const post = { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{"title":"forged"}' }
  await ask('read', `${origin}/api/tasks/`, { credentials: 'include' })
  await ask('write', `${origin}/api/tasks/`, post)
  await ask('json', `${origin}/api/tasks/`, { ...post, mode: 'cors', headers: { 'content-type': 'application/json' } })
  await ask('logout', `${origin}/auth/logout`, post)
  await ask('metrics', `${admin}/metrics`, {})
  await ask('publish', `${admin}/publish`, { ...post, body: '{"topic":"user.1","data":"forged"}' })
  said.socket = await new Promise(resolve => {
    const socket = new WebSocket(`${origin.replace('https', 'wss')}/live`)
    socket.onopen = () => resolve('open')
    socket.onclose = ({ code }) => resolve(`closed ${code}`)
  })
  said.frame = await new Promise(resolve => {
    const frame = document.createElement('iframe')
    frame.src = `${origin}/`
    frame.onload = () => { try { resolve(frame.contentDocument ? 'readable' : 'opaque') } catch { resolve('opaque') } }
    document.body.append(frame)
  })
  return said
}"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>another site</title><body>")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def another_site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def run(product):
    # Chromium's own guard of local networks is off: what is tested is ours.
    guards = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
    with another_site() as port, chromium(product, guards, "--host-resolver-rules=MAP evil.example 127.0.0.1") as browser:
        context = new_context(browser)
        page = open_page(context, product, Watched())
        _, user = register(page)
        add_task(page, "Mine")
        answers = []
        for site in (f"http://evil.example:{port}", f"http://localhost:{port}"):
            foreign = context.new_page()
            foreign.on("response", lambda answer: answers.append((answer.url, answer.status)))
            foreign.goto(site)
            said = foreign.evaluate(TRY, {"origin": product.origin, "console": product.console})
            check(said["socket"] == "closed 1006", f"{site} opened a socket: {said}")
            check(said["frame"] == "opaque", f"{site} looked into a frame: {said}")
            for name in ("read", "json", "metrics"):
                check(said[name] == "refused", f"{site} was answered: {said}")
            foreign.close()
        reached = [url for url, status in answers if status < 400 and not url.startswith(("http://evil", f"http://localhost:{port}"))]
        check(all(url == f"{product.origin}/" for url in reached), f"let past: {reached}")
        check(product.sockets(user) == 1, "the user's own socket is gone")
        page.reload()
        page.locator("#tasks li", has_text="Mine").wait_for()
        check(page.locator("#tasks li").count() == 1, "a forged task was made")

        # A rebound name: the browser believes the admin listener to be evil.example's own server.
        rebound = context.new_page()
        answer = rebound.goto(f"http://evil.example:{product.admin.rsplit(':', 1)[1]}/")
        check(answer.status == 421, f"a rebound name was answered {answer.status}")
