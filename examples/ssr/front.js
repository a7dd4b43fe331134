// SPDX-License-Identifier: Apache-2.0
// In front of the gateway: this process has the public address and the certificate, renders the pages, and passes /auth, /api and /live on to
// the gateway's internal listener (front.yaml). WebSockets are not passed on: the live client falls back to an event stream.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { relay } from '../../web-proxy/lib/server/relay.js'
import { send, toRequest } from '../../web-proxy/lib/server/node.js'
import { site } from './site.js'

const port = Number(process.env.PORT ?? 3443), certificates = process.env.CERTS ?? 'certs'
const origin = process.env.ORIGIN ?? `https://localhost:${port}`
const PASSED = /^\/(auth|api|live)(\/|$)/

const server = createServer({
  cert: readFileSync(`${certificates}/localhost.pem`), key: readFileSync(`${certificates}/localhost-key.pem`), minVersion: 'TLSv1.2',
}, async (incoming, outgoing) => {
  // The one name this site has: what is built from `Host` must not lead elsewhere.
  if (incoming.headers.host !== new URL(origin).host) return outgoing.writeHead(421).end()
  try {
    incoming.rawHeaders = incoming.rawHeaders.filter((_, index, all) => !/^(x-)?forwarded/i.test(all[index & ~1]))
    const request = toRequest(incoming, outgoing, origin)
    request.headers.set('x-forwarded-proto', 'https')
    const { pathname } = new URL(request.url)
    const answer = PASSED.test(pathname) ? relay(request, { client: incoming.socket.remoteAddress, origin }) : site(request)
    await send(outgoing, await answer)
  } catch (error) {
    if (outgoing.headersSent || outgoing.destroyed) return outgoing.destroy()
    outgoing.writeHead(400, { 'content-type': 'text/plain' }).end('That is no request for this site.\n')
  }
})
server.listen(port, '127.0.0.1', () => {
  console.error(JSON.stringify({ msg: 'listening', listener: 'web', address: `127.0.0.1:${server.address().port}` }))
})
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeAllConnections() })
