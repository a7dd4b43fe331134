// SPDX-License-Identifier: Apache-2.0
// A page server in one file, behind the gateway's route `{ prefix: /, upstream: web, auth: optional, session: pass }`.
// It renders who is signed in, and what an API says to that person, fresh on every request.

import { createServer } from "node:http";
import { currentUser, fetchAs } from "./gatecast.mjs";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

async function render(cookie) {
  const user = await currentUser(cookie);
  if (!user) {
    return `<form method="post" action="/auth/login"><input name="username"><input name="password" type="password">
      <input type="hidden" name="next" value="/"><button>Sign in</button></form>`;
  }
  const path = process.env.API_PATH;
  const answer = path ? await fetchAs(cookie, path) : null;
  return `<p>Signed in as <b>${escape(user.username ?? user.id)}</b></p>
    ${answer ? `<pre>${answer.status} ${escape(await answer.text())}</pre>` : ""}
    <form method="post" action="/auth/logout"><button>Sign out</button></form>`;
}

const server = createServer(async (request, response) => {
  const head = { "content-type": "text/html; charset=utf-8", "cache-control": "private, no-store" };
  try {
    const body = await render(request.headers.cookie);
    response.writeHead(200, head).end(`<!doctype html><title>Example</title>${body}`);
  } catch (error) {
    response.writeHead(error.status ?? 500, { ...head, "retry-after": "1" }).end("<p>Not now. Try again.</p>");
  }
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const address = `127.0.0.1:${server.address().port}`;
  console.error(JSON.stringify({ msg: "listening", listener: "web", address }));
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));
