# SPDX-License-Identifier: Apache-2.0
"""No script of the origin can read a token or the session's secret, however hard it looks."""
import base64
import json
import re

from product import Watched, add_task, check, chromium, new_context, open_page, register

LOOK = """async () => {
  const all = { cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage }, name: window.name }
  all.databases = (await indexedDB.databases()).map(it => it.name)
  all.caches = await caches.keys()
  all.cookieStore = window.cookieStore ? (await cookieStore.getAll()).map(it => `${it.name}=${it.value}`) : []
  return JSON.stringify(all)
}"""
READ = """async paths => {
  const found = []
  for (const path of paths) {
    const answer = await fetch(path)
    found.push([...answer.headers].map(pair => pair.join(': ')).join('\\n'), await answer.text())
  }
  return found.join('\\n')
}"""
PATHS = ["/auth/session", "/auth/sessions", "/api/tasks/", "/api/notifications/", "/live?poll=1"]
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def run(product):
    with chromium(product) as browser:
        context = new_context(browser)
        received = []
        page = open_page(context, product, Watched())
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
        page.on("response", lambda answer: received.append(json.dumps(answer.headers)))
        register(page)
        add_task(page, "Nothing to see")
        secrets = {cookie["name"]: cookie for cookie in context.cookies()}
        sid = secrets["__Host-Http-sid"]
        check(sid["httpOnly"] and sid["secure"] and sid["sameSite"] == "Lax", f"the cookie is not locked: {sid}")

        readable = page.evaluate(LOOK) + page.evaluate(READ, PATHS) + "\n".join(received)
        check(sid["value"] not in readable, "a script read the session's secret")
        check(not JWT.search(readable), f"a script read a token: {JWT.search(readable)}")
        for encoded in (base64.b64encode(sid["value"].encode()).decode(), sid["value"][::-1]):
            check(encoded not in readable, "a script read the session's secret in disguise")
        cookie = page.evaluate("document.cookie")
        check(re.fullmatch(r"__Host-session-until=\d+", cookie), f"document.cookie: {cookie}")
        # Nor can one be set over it, or another made that looks like it.
        page.evaluate("document.cookie = '__Host-Http-sid=x; Path=/; Secure'")
        kept = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
        check(kept["__Host-Http-sid"] == sid["value"], "a script overwrote the session cookie")
