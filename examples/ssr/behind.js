// SPDX-License-Identifier: Apache-2.0
// Behind the gateway: plain HTTP on loopback, reached by its route `{ prefix: /, upstream: web, auth: optional, session: pass }`.

import { createServer } from 'node:http'
import { publicOrigin } from '../../web-proxy/lib/server/forwarded.js'
import { send, toRequest } from '../../web-proxy/lib/server/node.js'
import { site } from './site.js'

const server = createServer(async (incoming, outgoing) => {
  let request
  try {
    request = toRequest(incoming, outgoing, publicOrigin(incoming.headers))
  } catch (error) {
    return outgoing.writeHead(400, { 'content-type': 'text/plain' }).end(`${error.message}\n`)
  }
  await send(outgoing, await site(request))
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.error(JSON.stringify({ msg: 'listening', listener: 'web', address: `127.0.0.1:${server.address().port}` }))
})
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections() })
