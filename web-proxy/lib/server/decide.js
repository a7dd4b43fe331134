// SPDX-License-Identifier: Apache-2.0
// What to do with a request before a page is rendered. Pure: a decision, carried out by whatever framework there is.

import { address } from './forwarded.js'

const HINT = '__Host-session-until'

/** Files, framework data and prefetches are never sent to a login page: what they would get is not what was asked for. */
function isDocument(request, path) {
  const { headers } = request
  if (!['GET', 'HEAD'].includes(request.method)) return false
  if (path.startsWith('/_next/') || /\.[\w]+$/.test(path)) return false
  if (headers.get('rsc') || headers.get('next-router-prefetch') || /prefetch/.test(headers.get('sec-purpose') ?? '')) return false
  const destination = headers.get('sec-fetch-dest')
  return destination ? destination === 'document' : (headers.get('accept') ?? '').includes('text/html')
}

/** Whether the cookie hints at a session. Only the session itself can tell, on render; a hint saves the visitor a page. */
export function seemsSignedIn(cookie, now = Date.now()) {
  const value = (cookie ?? '').split(/; */).find(pair => pair.startsWith(HINT + '='))?.slice(HINT.length + 1)
  return /^\d+$/.test(value ?? '') && Number(value) * 1000 > now
}

/** `{ pass: true }`, or `{ redirect }` to the login page with the way back. `isPublic(path)`: pages for everybody. */
export function decide(request, { login = '/login', isPublic = () => false, now = Date.now() } = {}) {
  const { pathname, search } = new URL(request.url)
  if (pathname === login || isPublic(pathname) || !isDocument(request, pathname)) return { pass: true }
  if (seemsSignedIn(request.headers.get('cookie'), now)) return { pass: true }
  return { redirect: address(request.headers, `${login}?next=${encodeURIComponent(pathname + search)}`) }
}
