// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'

/** A gateway that says what it was asked; `/events` streams until told to stop. */
let gateway, streams = [], closed = 0
before(async () => {
  gateway = createServer(async (request, response) => {
    if (request.url.startsWith('/auth/session')) {
      const answers = { 'sid=ana': [200, '{"authenticated":true,"user":{"id":"7","username":"ana"}}'], 'sid=unsure': [503, '{}'] }
      const [status, body] = answers[request.headers.cookie] ?? [200, '{"authenticated":false}']
      return response.writeHead(status, { 'live-cursor': '9-0' }).end(body)
    }
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write('data: 1\n\n')
      streams.push(response)
      return response.on('close', () => { closed++ })
    }
    if (request.url === '/cookies') return response.writeHead(204, [['set-cookie', 'a=1; Path=/'], ['set-cookie', 'b=2'], ['x-hop', '1'], ['connection', 'x-hop']].flat()).end()
    if (request.url === '/moved') return response.writeHead(303, { location: '/elsewhere' }).end()
    let body = ''
    for await (const chunk of request) body += chunk
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })
  await new Promise(resolve => gateway.listen(0, '127.0.0.1', resolve))
  process.env.GATECAST_INTERNAL = `http://127.0.0.1:${gateway.address().port}`
})
after(() => { gateway.closeAllConnections(); gateway.close() })

const lib = async name => import(`./${name}.js`)
const forwarded = { 'x-forwarded-host': 'shop.example:8443', 'x-forwarded-proto': 'https' }
const request = (path, headers = {}, init = {}) => new Request('http://0.0.0.0:3000' + path, { headers: { ...forwarded, ...headers }, ...init })

test('The visitor is asked for on each render; unsure is not signed out', async () => {
  const { currentUser, GatewayUnsure } = await lib('session')
  assert.equal((await currentUser('sid=ana')).username, 'ana')
  assert.equal(await currentUser('sid=gone'), null)
  assert.equal(await currentUser(undefined), null)
  await assert.rejects(currentUser('sid=unsure'), error => error instanceof GatewayUnsure && error.status === 503)
})

test('fetchAs carries the cookie and what it is given, and follows nothing', async () => {
  const { fetchAs } = await lib('session')
  const said = await (await fetchAs('sid=ana', '/api/x?y=1', { method: 'POST', body: 'b', headers: { 'x-a': '1' } })).json()
  assert.deepEqual([said.method, said.url, said.headers.cookie, said.headers['x-a'], said.body], ['POST', '/api/x?y=1', 'sid=ana', '1', 'b'])
  assert.equal(said.headers.origin, undefined)
  assert.equal((await fetchAs(null, '/moved')).status, 303)
})

test('The public origin is what the gateway says; a host that is none is an error', async () => {
  const { publicOrigin, address } = await lib('forwarded')
  assert.equal(publicOrigin(request('/').headers), 'https://shop.example:8443')
  assert.equal(publicOrigin({ 'x-forwarded-host': '[::1]:8443', 'x-forwarded-proto': 'https' }), 'https://[::1]:8443')
  assert.equal(publicOrigin({ host: 'localhost:3000' }), 'http://localhost:3000')
  for (const host of ['', 'a b', 'a/b', 'a@b', 'a:b', 'a,b', undefined]) assert.throws(() => publicOrigin({ 'x-forwarded-host': host, 'x-forwarded-proto': 'https' }))
  assert.throws(() => publicOrigin({ 'x-forwarded-host': 'a', 'x-forwarded-proto': 'javascript' }))
  assert.equal(address(forwarded, '/a?b=c#d'), 'https://shop.example:8443/a?b=c#d')
  assert.equal(address(forwarded, '//evil.example'), 'https://shop.example:8443/')
})

test('next leads to a path of this site and nowhere else', async () => {
  const { isSafePath } = await lib('forwarded')
  for (const path of ['/', '/a/b?c=d&e', '/a#b', '/' + 'x'.repeat(2047)]) assert.ok(isSafePath(path), path)
  for (const path of ['', 'a', '//a', '/\\a', '/a\\b', '/a b', '/a\n', 'https://a', 'javascript:alert(1)', '/é', '/' + 'x'.repeat(2048), null, ['/a']]) {
    assert.ok(!isSafePath(path), String(path))
  }
})

test('A signed-out document goes to the login page and comes back; all else passes', async () => {
  const { decide } = await lib('decide')
  const document = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
  assert.equal(decide(request('/tasks?done=1', document)).redirect, 'https://shop.example:8443/login?next=%2Ftasks%3Fdone%3D1')
  assert.equal(decide(request('/', { accept: 'text/html,*/*' })).redirect, 'https://shop.example:8443/login?next=%2F')
  const now = 1_700_000_000_000
  const cookie = until => ({ ...document, cookie: `a=b; __Host-session-until=${until}` })
  assert.ok(decide(request('/', cookie(1_700_000_001)), { now }).pass)
  assert.ok(decide(request('/', cookie(1_700_000_000)), { now }).redirect)
  assert.ok(decide(request('/', cookie('x')), { now }).redirect)
  assert.ok(decide(request('/about', document), { isPublic: path => path === '/about' }).pass)
  for (const [path, headers, init] of [
    ['/login', document], ['/_next/static/x', document], ['/favicon.ico', document], ['/', { accept: 'application/json' }],
    ['/', { ...document, rsc: '1' }], ['/', { ...document, 'next-router-prefetch': '1' }], ['/', { ...document, 'sec-purpose': 'prefetch' }],
    ['/', { 'sec-fetch-dest': 'empty', accept: 'text/html' }], ['/', document, { method: 'POST' }],
  ]) assert.ok(decide(request(path, headers, init)).pass, `${path} ${JSON.stringify(headers)}`)
})

test('A page begins its stream at the earliest position it was made from', async () => {
  const { liveCursor } = await lib('cursor')
  const at = cursor => ({ headers: new Headers(cursor ? { 'live-cursor': cursor } : {}) })
  assert.equal(liveCursor(at('10-0'), at('9-5'), at('9-10'), at()), '9-5')
  assert.equal(liveCursor({ headers: { 'live-cursor': '10-0' } }), '10-0')
  assert.equal(liveCursor(at('18446744073709551615-1'), at('18446744073709551615-0')), '18446744073709551615-0')
  assert.equal(liveCursor(at('other'), at('1-0')), 'other')
  assert.equal(liveCursor(at()), undefined)
})

test('A relayed request keeps what the gateway judges by, and says where the visitor is', async () => {
  const { relay } = await lib('relay')
  const answer = await relay(request('/api/x?y=1', {
    cookie: 'sid=ana', origin: 'https://shop.example:8443', 'sec-fetch-site': 'same-origin', connection: 'x-gone', 'x-gone': '1', 'x-forwarded-for': 'forged',
  }, { method: 'POST', body: 'hello' }), { client: '192.0.2.1' })
  const { headers, ...said } = await answer.json()
  assert.deepEqual(said, { method: 'POST', url: '/api/x?y=1', body: 'hello' })
  assert.deepEqual([headers.cookie, headers.origin, headers['sec-fetch-site']], ['sid=ana', 'https://shop.example:8443', 'same-origin'])
  assert.deepEqual([headers['x-forwarded-host'], headers['x-forwarded-proto'], headers['x-forwarded-for']], ['shop.example:8443', 'https', '192.0.2.1'])
  assert.equal(headers['x-gone'], undefined)
})

test('Every Set-Cookie comes through as one of its own, and hop-by-hop fields stay behind', async () => {
  const { relay } = await lib('relay')
  const answer = await relay(request('/cookies'))
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1; Path=/', 'b=2'])
  assert.equal(answer.headers.get('x-hop'), null)
  assert.equal(answer.status, 204)
  assert.equal((await relay(request('/moved'))).headers.get('location'), '/elsewhere')
})

test('An event stream passes as it comes, held by nobody, and ends upstream when the client goes', async () => {
  const { relay } = await lib('relay')
  const gone = new AbortController()
  const answer = await relay(request('/events', {}, { signal: gone.signal }))
  assert.equal(answer.headers.get('cache-control'), 'no-cache, no-transform')
  assert.equal(answer.headers.get('x-accel-buffering'), 'no')
  const reader = answer.body.getReader(), text = async () => new TextDecoder().decode((await reader.read()).value)
  assert.equal(await text(), 'data: 1\n\n')
  streams.at(-1).write('data: 2\n\n')
  assert.equal(await text(), 'data: 2\n\n')
  gone.abort()
  await assert.rejects(reader.read())
  while (closed === 0) await new Promise(resolve => setImmediate(resolve))
})

test('Without a gateway it is 502, for the visitor to try again', async () => {
  const { relay } = await lib('relay')
  // Another process would do; here the module is asked anew with an address where nobody listens.
  const dead = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => dead.on('listening', resolve))
  const { port } = dead.address()
  await new Promise(resolve => dead.close(resolve))
  const before = process.env.GATECAST_INTERNAL
  process.env.GATECAST_INTERNAL = `http://127.0.0.1:${port}`
  const { relay: lost } = await import('./relay.js?dead')
  process.env.GATECAST_INTERNAL = before
  assert.equal((await lost(request('/api/x'))).status, 502)
  assert.equal((await relay(request('/api/x'))).status, 200)
})
