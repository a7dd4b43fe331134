// SPDX-License-Identifier: Apache-2.0
// `Request` and `Response` on Node's own server, for front ends without a framework.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Node's request as a `Request` whose signal tells when the client has gone. */
export function toRequest(incoming, outgoing, origin) {
  const gone = new AbortController()
  outgoing.on('close', () => { if (!outgoing.writableFinished) gone.abort() })
  const headers = new Headers()
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) headers.append(incoming.rawHeaders[index], incoming.rawHeaders[index + 1])
  const hasBody = !['GET', 'HEAD'].includes(incoming.method)
  return new Request(new URL(incoming.url, origin), {
    method: incoming.method, headers, signal: gone.signal, ...hasBody && { body: Readable.toWeb(incoming), duplex: 'half' },
  })
}

/** Writes a `Response`, its head at once: a stream may be silent for long. */
export async function send(outgoing, response) {
  const fields = [...response.headers].filter(([name]) => name !== 'set-cookie')
  for (const cookie of response.headers.getSetCookie()) fields.push(['set-cookie', cookie])
  outgoing.writeHead(response.status, fields.flat())
  outgoing.flushHeaders()
  if (!response.body) return outgoing.end()
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => outgoing.destroy()) // either side has gone
}
