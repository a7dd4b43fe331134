// SPDX-License-Identifier: Apache-2.0
// The pages, as a function from Request to Response: the same in both topologies.

import { readFile } from 'node:fs/promises'
import { liveCursor } from '../../web-proxy/lib/server/cursor.js'
import { decide } from '../../web-proxy/lib/server/decide.js'
import { currentUser, fetchAs } from '../../web-proxy/lib/server/session.js'

const ASSETS = { '/assets/live.js': '../../web-proxy/lib/live/live.js', '/assets/page.js': './page.js' }
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = text => String(text).replace(/[&<>"']/g, character => escapes[character])

const page = (body, { status = 200, cursor } = {}) => new Response(
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Server-rendered</title>
<meta name="viewport" content="width=device-width"><style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
<body${cursor ? ` data-cursor="${escape(cursor)}"` : ''}>${body}`,
  {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store',
      'content-security-policy': "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
      ...status === 503 && { 'retry-after': '1' },
    },
  },
)

const form = (action, button) => `<form method="post" action="${action}">
<p><label>Name <input name="username" required autocomplete="username"></label>
<p><label>Password <input name="password" type="password" required autocomplete="current-password"></label>
<input type="hidden" name="next" value="/"><button>${button}</button></form>`

const login = url => page(`<h1>Sign in</h1>${url.searchParams.has('error') ? '<p role="alert">That did not work.</p>' : ''}
${form('/auth/login', 'Sign in')}<h2>Or join</h2>${form('/auth/register', 'Register')}`)

async function home(request) {
  const cookie = request.headers.get('cookie')
  const user = await currentUser(cookie)
  if (!user) return login(new URL(request.url)) // the hint was wrong
  const answer = await fetchAs(cookie, process.env.API_PATH ?? '/api/users/me')
  return page(`<h1>Signed in as <b>${escape(user.username ?? user.id)}</b></h1><pre>${answer.status} ${escape(await answer.text())}</pre>
<p>Live: <output id="status">no script</output></p><ol id="events"></ol>
<form method="post" action="/auth/logout"><button>Sign out</button></form><script type="module" src="/assets/page.js"></script>`,
  { cursor: liveCursor(request, answer) })
}

export async function site(request) {
  const url = new URL(request.url)
  if (ASSETS[url.pathname]) {
    return new Response(await readFile(new URL(ASSETS[url.pathname], import.meta.url)), { headers: { 'content-type': 'text/javascript' } })
  }
  const decision = decide(request)
  if (decision.redirect) return Response.redirect(decision.redirect, 307)
  if (url.pathname === '/login') return login(url)
  if (url.pathname !== '/') return page('<p>There is nothing here.</p>', { status: 404 })
  try {
    return await home(request)
  } catch (error) {
    console.error(JSON.stringify({ msg: 'page failed', path: url.pathname, error: error.message }))
    return page('<p>Not now. Try again.</p>', { status: error.status ?? 500 })
  }
}
