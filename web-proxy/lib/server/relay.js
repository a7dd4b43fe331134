// SPDX-License-Identifier: Apache-2.0
// For a front end that stands in front of the gateway: passes /auth, /api and /live on to its internal listener, which takes this
// process for a proxy (`trustedProxies`). Bodies stream both ways; an event stream is neither held back nor transformed.

import { publicOrigin } from './forwarded.js'

const gateway = process.env.GATECAST_INTERNAL ?? 'http://127.0.0.1:9080'
const HOP = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'expect',
  'content-length', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port',
])

function passed(headers) {
  const named = (headers.get('connection') ?? '').toLowerCase().split(/ *, */)
  return [...headers].filter(([name]) => !HOP.has(name) && !named.includes(name))
}

/**
 * The gateway's answer to this request. All of the browser's headers go along: `Origin` and `Sec-Fetch-Site` are what the gateway judges
 * cross-site requests by. `client` is the browser's address.
 */
export async function relay(request, { client, origin = publicOrigin(request.headers) } = {}) {
  const { pathname, search } = new URL(request.url)
  const headers = new Headers(passed(request.headers))
  const { protocol, host } = new URL(origin)
  headers.set('x-forwarded-host', host)
  headers.set('x-forwarded-proto', protocol.slice(0, -1))
  if (client) headers.set('x-forwarded-for', client)
  headers.set('accept-encoding', 'identity') // fetch would unpack what it passes on as packed
  let answer
  try {
    answer = await fetch(gateway + pathname + search, {
      method: request.method, headers, body: request.body, duplex: 'half', redirect: 'manual', cache: 'no-store', signal: request.signal,
    })
  } catch (error) {
    if (request.signal?.aborted) throw error
    return new Response('The gateway cannot be reached.\n', { status: 502, headers: { 'retry-after': '1', 'content-type': 'text/plain' } })
  }
  const fields = new Headers(passed(answer.headers).filter(([name]) => name !== 'set-cookie'))
  for (const cookie of answer.headers.getSetCookie()) fields.append('set-cookie', cookie)
  if (fields.get('content-type')?.startsWith('text/event-stream')) {
    fields.set('cache-control', 'no-cache, no-transform')
    fields.set('x-accel-buffering', 'no')
  }
  const isEmpty = [101, 204, 205, 304].includes(answer.status)
  return new Response(isEmpty ? null : answer.body, { status: answer.status, headers: fields })
}
