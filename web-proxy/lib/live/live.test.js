// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { connectLive } from './live.js'
import { FakeBrowser, settled } from './testing.js'

/** A page with a client that leads, and what it has heard. */
async function start(options = {}, { browser = new FakeBrowser(), hello = '100-0', ...page } = {}) {
  const on = browser.page(page)
  const heard = [], gaps = [], signedOut = [], denied = [], expiring = []
  const live = connectLive({
    onGap: (topic, why) => gaps.push([topic, why]), onSignedOut: reason => signedOut.push(reason),
    onDenied: (topic, name) => denied.push([topic, name]), onExpiring: seconds => expiring.push(seconds), ...options,
  }, on.env)
  live.on('*', (data, event) => heard.push([event.id, event.topic, data]))
  await settled()
  if (hello && on.socket && live.getSnapshot().leads) on.socket.hello(hello)
  await settled()
  return { browser, page: on, live, heard, gaps, signedOut, denied, expiring }
}

test('It is at most 6 KB gzipped, and imports nothing', () => {
  const source = readFileSync(new URL('./live.js', import.meta.url))
  assert.ok(gzipSync(source, { level: 9 }).length <= 6144, `${gzipSync(source, { level: 9 }).length} bytes`)
  assert.doesNotMatch(String(source), /^\s*import /m)
})

test('A page without window opens nothing by being imported', () => {
  assert.equal(typeof connectLive, 'function')
})

test('The status is one object until it changes, and listeners hear each change', async () => {
  const { live, page } = await start({}, { hello: null })
  const before = live.getSnapshot()
  assert.deepEqual(before, { phase: 'connecting', transport: 'websocket', retryIn: 0, reason: null, leads: true })
  assert.equal(live.getSnapshot(), before)
  assert.ok(Object.isFrozen(before))
  let changes = 0
  const stop = live.subscribe(() => changes++)
  page.socket.hello('100-0')
  assert.equal(live.getSnapshot().phase, 'live')
  assert.equal(changes, 1)
  page.socket.event('101-0', 'user.1', {})
  assert.equal(changes, 1)
  stop()
  page.socket.end()
  assert.equal(changes, 1)
  assert.equal(live.getSnapshot().phase, 'retrying')
})

test('Topics and cursor go into the URL; the session does not', async () => {
  const { page } = await start({ topics: ['news', 'org.*'], cursor: '7-1' })
  assert.equal(page.socket.url.href, 'wss://app.test/live?topic=news&topic=org.*&since=7-1')
})

test('Every frame with an id moves the cursor after it was handled', async () => {
  const { live, page } = await start()
  const seen = []
  live.on('user.1', () => seen.push(live.cursor))
  page.socket.event('101-0', 'user.1', 1)
  assert.deepEqual(seen, ['100-0'])
  assert.equal(live.cursor, '101-0')
  page.socket.frame({ op: 'ping', id: '150-0' })
  assert.equal(live.cursor, '150-0')
  page.socket.event(undefined, 'user.1', 'typing')
  assert.equal(live.cursor, '150-0')
})

test('After a cut it resumes at the cursor, and what comes again is heard once', async () => {
  const { browser, page, heard } = await start()
  page.socket.event('101-0', 'user.1', 'a')
  page.socket.event('102-0', 'user.1', 'b')
  page.socket.end()
  await browser.advance(500)
  assert.equal(page.socket.url.searchParams.get('since'), '102-0')
  page.socket.hello('101-0')
  page.socket.event('102-0', 'user.1', 'b')
  page.socket.event('103-0', 'user.1', 'c')
  assert.deepEqual(heard.map(([id]) => id), ['101-0', '102-0', '103-0'])
})

test('Back-off is full jitter: uniform below a bound that doubles to 20 s, and starts anew after 5 s of being live', async () => {
  const { browser, page, live } = await start()
  page.random = 0.999999
  const delays = []
  page.socket.end()
  for (let round = 0; round < 8; round++) {
    delays.push(live.getSnapshot().retryIn)
    await browser.advance(delays.at(-1))
    page.socket.end(4104, 'internal')
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000])
  page.random = 0
  await browser.advance(20_000)
  page.socket.end(4104, 'internal')
  assert.equal(live.getSnapshot().retryIn, 0)
  await browser.advance(0)
  page.socket.hello('100-0')
  await browser.advance(5000)
  page.random = 0.999999
  page.socket.end()
  assert.equal(live.getSnapshot().retryIn, 500)
})

test('A delay the server gives is kept to the millisecond', async () => {
  for (const frame of [null, { op: 'bye', code: 4200, retry: 1438 }]) {
    const { browser, page, live } = await start()
    if (frame) page.socket.frame(frame)
    page.socket.end(frame ? 1006 : 4200, frame ? '' : 'draining retry=1438')
    assert.deepEqual([live.getSnapshot().retryIn, live.getSnapshot().reason], [1438, 'draining'])
    await browser.advance(1437)
    assert.equal(page.sockets.length, 1)
    page.dispatch('online') // nobody comes sooner than told
    assert.equal(page.sockets.length, 1)
    await browser.advance(1)
    assert.equal(page.sockets.length, 2)
  }
})

test('40xx ends for good, 41xx and 42xx come back, by the code or by the bye before a cut', async () => {
  for (const [code, phase] of [[4000, 'closed'], [4001, 'signed-out'], [4003, 'closed'], [4005, 'signed-out'], [4009, 'closed']]) {
    const { browser, page, live, signedOut } = await start()
    page.socket.end(code)
    assert.equal(live.getSnapshot().phase, phase)
    assert.equal(signedOut.length, phase === 'signed-out' ? 1 : 0)
    await browser.advance(60_000)
    assert.equal(page.sockets.length, 1)
    assert.equal([...page.events.values()].flat().length, 0)
  }
  for (const code of [4100, 4101, 4102, 4103, 4104, 4200, 4201, 4202, 1006, 1011]) {
    const { browser, page } = await start()
    page.socket.end(code)
    await browser.advance(60_000)
    assert.ok(page.sockets.length > 1, `${code}`)
  }
})

test('Silence of two and a half heartbeats is a cut', async () => {
  const { browser, page, live } = await start()
  await browser.advance(62_000)
  assert.equal(live.getSnapshot().phase, 'live')
  page.socket.frame({ op: 'ping', id: '100-0' })
  await browser.advance(62_000)
  assert.equal(live.getSnapshot().phase, 'live')
  await browser.advance(600)
  assert.notEqual(live.getSnapshot().phase, 'live')
  assert.equal(page.sockets[0].isOpen, false)
})

test('Online and visible wake what waits, and doubt what was silent; hidden wakes nothing', async () => {
  const { browser, page } = await start()
  page.random = 0.999999
  page.socket.end()
  page.env.document.visibilityState = 'hidden'
  page.dispatch('visibilitychange')
  assert.equal(page.sockets.length, 1)
  page.env.document.visibilityState = 'visible'
  page.dispatch('visibilitychange')
  assert.equal(page.sockets.length, 2)
  page.socket.hello('100-0')
  page.dispatch('online')
  assert.equal(page.sockets.length, 2)
  await browser.advance(40_000)
  page.dispatch('online')
  assert.equal(page.sockets.length, 3)
})

test('Offline is paused, not retrying', async () => {
  const { page, live } = await start()
  page.env.navigator.onLine = false
  page.socket.end()
  assert.equal(live.getSnapshot().phase, 'paused')
})

test('Gaps move the cursor and are told where somebody listens', async () => {
  const { live, page, gaps } = await start({ topics: ['news'] })
  page.socket.frame({ op: 'gap', topic: '*', from: '1-0', id: '200-0', why: 'trimmed' })
  assert.equal(live.cursor, '200-0')
  page.socket.frame({ op: 'gap', topic: 'news', from: '1-0', why: 'lag' })
  page.socket.frame({ op: 'gap', topic: 'other', from: '1-0', why: 'lag' })
  assert.deepEqual(gaps, [['*', 'trimmed'], ['news', 'lag'], ['other', 'lag']])
})

test('on subscribes late, with its own cursor, and the last one to leave unsubscribes', async () => {
  const { live, page } = await start()
  const got = []
  const stop = live.on('board.7', data => got.push(data), { cursor: '50-0' })
  const other = live.on('board.7', () => {})
  assert.deepEqual(page.socket.sent, [{ op: 'sub', ref: 1, topic: 'board.7', since: '50-0' }])
  page.socket.frame({ op: 'ok', ref: 1, topic: 'board.7', id: '50-0' })
  page.socket.event('60-0', 'board.7', 'x')
  assert.deepEqual(got, ['x'])
  stop()
  assert.equal(page.socket.sent.length, 1)
  other()
  other()
  assert.deepEqual(page.socket.sent.at(-1), { op: 'unsub', ref: 0, topic: 'board.7' })
})

test('A wildcard hears what is below it, not its own name', async () => {
  const { live, page } = await start()
  const got = []
  live.on('org.*', (data, event) => got.push(event.topic))
  for (const topic of ['org.a', 'org.a.b', 'org', 'organ.a']) page.socket.event(`2${got.length}0-0`, topic, 1)
  assert.deepEqual(got, ['org.a', 'org.a.b'])
})

test('A denied topic is told, asked for no more, and does not close the others', async () => {
  const { browser, live, page, denied } = await start()
  live.on('secret', () => {})
  page.socket.frame({ op: 'err', ref: 1, topic: 'secret', name: 'forbidden' })
  assert.deepEqual(denied, [['secret', 'forbidden']])
  page.socket.end()
  await browser.advance(500)
  page.socket.hello('100-0')
  assert.equal(page.socket.url.searchParams.getAll('topic').length, 0)
  assert.equal(page.socket.sent.length, 0)
})

test('More topics than the gateway takes a second are asked for in turns', async () => {
  const { browser, live, page } = await start()
  for (let number = 0; number < 70; number++) live.on(`t.${number}`, () => {})
  await browser.advance(10_000)
  assert.equal(new Set(page.socket.sent.map(frame => frame.topic)).size, 70)
})

test('A listener that throws is reported, and the others still hear', async () => {
  const { live, page, heard } = await start()
  live.on('user.1', () => { throw new Error('mine') })
  page.socket.event('101-0', 'user.1', 'x')
  assert.equal(page.errors[0].message, 'mine')
  assert.equal(heard.length, 1)
  assert.equal(live.cursor, '101-0')
})

test('A gap of a topic nobody wants is not told', async () => {
  const page = new FakeBrowser().page()
  const gaps = []
  connectLive({ topics: ['news'], onGap: topic => gaps.push(topic) }, page.env)
  await settled()
  page.socket.hello('100-0')
  for (const topic of ['other', 'news']) page.socket.frame({ op: 'gap', topic, from: '1-0', why: 'lag' })
  assert.deepEqual(gaps, ['news'])
})

test('exp is told', async () => {
  const { page, expiring } = await start()
  page.socket.frame({ op: 'exp', in: 60 })
  assert.deepEqual(expiring, [60])
})

test('A reload goes on where the tab was; a logout forgets that', async () => {
  const { browser, page } = await start({}, { hello: '100-0' })
  page.socket.event('101-0', 'user.1', 'x')
  page.dispatch('pagehide', { persisted: false })
  const again = browser.page({ locks: false })
  again.stored = page.stored
  const live = connectLive({ share: false }, again.env)
  assert.equal(again.socket.url.searchParams.get('since'), '101-0')
  again.socket.end(4005)
  assert.equal(live.getSnapshot().phase, 'signed-out')
  assert.equal(page.stored.size, 0)
})

test('The back/forward cache lets go and comes back', async () => {
  const { page, live } = await start()
  page.dispatch('pagehide', { persisted: true })
  assert.equal(live.getSnapshot().phase, 'paused')
  assert.equal(page.socket.isOpen, false)
  page.dispatch('pageshow', { persisted: true })
  await settled()
  assert.equal(page.sockets.length, 2)
})

test('close, or using, lets everything go', async () => {
  const { browser, page, live } = await start()
  live[Symbol.dispose]()
  assert.equal(live.getSnapshot().phase, 'closed')
  assert.equal(page.socket.isOpen, false)
  assert.equal([...page.events.values()].flat().length, 0)
  await browser.advance(100_000)
  assert.equal(browser.timers.size, 0)
  assert.equal(browser.channels.size, 0)
  assert.equal(page.sockets.length, 1)
})

// MARK: the other transports

test('Where WebSockets do not pass, server-sent events do, and WebSockets are tried again later', async () => {
  const { browser, page, live, heard } = await start({}, { hello: null })
  page.socket.end() // never said hello
  await settled()
  assert.equal(page.request.accept, 'text/event-stream')
  page.request.stream()
  page.request.write('retry: 2000\n\nid: 100-0\ndata: {"op":"hello","conn":"c","id":"100-0","ping":15,"topics":["user.1"]}\n\n')
  await settled()
  assert.deepEqual([live.getSnapshot().phase, live.getSnapshot().transport], ['live', 'sse'])
  page.request.write('id: 101-0\ndata: {"id":"101-0","topic":"user.1",')
  page.request.write('"data":"é"}\n\nid: 105-0\n\n')
  await settled()
  assert.deepEqual(heard, [['101-0', 'user.1', 'é']])
  assert.equal(live.cursor, '105-0')
  page.request.end()
  await settled()
  assert.equal(live.getSnapshot().retryIn, 2000)
  await browser.advance(2000)
  assert.equal(page.sockets.length, 2)
})

test('Where events do not stream either, it polls, with the cursor each answer brings', async () => {
  const { page, live, heard } = await start({ cursor: '100-0' }, { hello: null, webSocket: false })
  await settled()
  page.request.stream()
  await settled()
  page.request.end() // answered, and nothing came through
  await settled()
  assert.equal(page.request.accept, 'application/json')
  assert.equal(page.request.url.searchParams.get('poll'), '1')
  assert.equal(live.getSnapshot().transport, 'poll')
  page.request.answer(200, { 'content-type': 'application/json' }, [{ id: '101-0', topic: 'user.1', data: 1 }])
  await settled()
  assert.deepEqual(heard, [['101-0', 'user.1', 1]])
  assert.equal(page.request.url.searchParams.get('since'), '101-0')
  page.request.answer(204, { 'live-cursor': '120-0' })
  await settled()
  assert.equal(page.request.url.searchParams.get('since'), '120-0')
})

test('A status is a close code: 401 signs out, 403 closes, 429 and 503 wait as told', async () => {
  for (const [status, phase, retryIn] of [[401, 'signed-out', 0], [403, 'closed', 0], [429, 'retrying', 7000], [503, 'retrying', 7000]]) {
    const { page, live } = await start({}, { hello: null, webSocket: false })
    page.request.answer(status, { 'retry-after': '7' })
    await settled()
    assert.deepEqual([live.getSnapshot().phase, live.getSnapshot().retryIn], [phase, retryIn])
  }
})

test('An event stream that says bye ends as a socket does', async () => {
  const { page, live, signedOut } = await start({}, { hello: null, webSocket: false })
  page.request.stream()
  page.request.write('id: stop-4005\ndata: {"op":"bye","code":4005}\n\n')
  await settled()
  assert.equal(live.getSnapshot().phase, 'signed-out')
  assert.deepEqual(signedOut, ['session_ended'])
  assert.equal(page.request.isAborted, true)
})

// MARK: several tabs

test('Tabs share one connection: the first has it, all hear, each event once', async () => {
  const first = await start()
  const second = await start({}, { browser: first.browser })
  await settled()
  assert.equal(second.page.sockets.length, 0)
  assert.deepEqual([second.live.getSnapshot().phase, second.live.getSnapshot().leads], ['live', false])
  first.page.socket.event('101-0', 'user.1', 'x')
  await settled()
  assert.deepEqual(second.heard, [['101-0', 'user.1', 'x']])
  assert.equal(second.live.cursor, '101-0')
})

test('What another tab wants is subscribed too, and let go with it', async () => {
  const first = await start()
  const second = await start({}, { browser: first.browser })
  second.live.on('board.7', () => {})
  await settled()
  assert.equal(first.page.socket.sent.at(-1).topic, 'board.7')
  first.page.socket.frame({ op: 'ok', ref: 1, topic: 'board.7' })
  second.live.close()
  await settled()
  assert.deepEqual(first.page.socket.sent.at(-1), { op: 'unsub', ref: 0, topic: 'board.7' })
})

test('When the tab that leads goes, another takes over at its own cursor', async () => {
  const first = await start()
  const second = await start({}, { browser: first.browser })
  first.page.socket.event('101-0', 'user.1', 'x')
  await settled()
  first.live.close()
  await settled()
  assert.equal(second.page.sockets.length, 1)
  assert.equal(second.page.socket.url.searchParams.get('since'), '101-0')
  assert.equal(second.live.getSnapshot().leads, true)
})

test('A tab that begins further back gets what the first remembers, or is told to fetch', async () => {
  const first = await start()
  for (let number = 101; number <= 400; number++) first.page.socket.event(`${number}-0`, 'user.1', number)
  const near = await start({ cursor: '390-0' }, { browser: first.browser })
  await settled()
  assert.deepEqual(near.heard.map(([id]) => id), Array.from({ length: 10 }, (_, number) => `${391 + number}-0`))
  assert.deepEqual(near.gaps, [])
  const far = await start({ cursor: '101-0' }, { browser: first.browser })
  await settled()
  assert.deepEqual(far.gaps, [['*', 'joined']])
  assert.equal(far.live.cursor, '400-0')
})

test('A logout signs out every tab', async () => {
  const first = await start()
  const second = await start({}, { browser: first.browser })
  first.page.socket.end(4005)
  await settled()
  assert.deepEqual([first.signedOut, second.signedOut], [['session_ended'], ['session_ended']])
  assert.equal(second.live.getSnapshot().phase, 'signed-out')
  assert.equal(second.page.sockets.length, 0)
})

test('Another user in the same browser ends this one\'s page', async () => {
  const { browser, page, signedOut } = await start()
  page.socket.end()
  await browser.advance(500)
  page.socket.hello('100-0', { topics: ['user.2'] })
  assert.deepEqual(signedOut, ['other_user'])
})

test('Without locks, or with share off, each tab has a connection of its own', async () => {
  for (const [options, page] of [[{ share: false }, {}], [{}, { locks: false }]]) {
    const first = await start(options, page)
    const second = await start(options, { ...page, browser: first.browser })
    assert.deepEqual([first.page.sockets.length, second.page.sockets.length], [1, 1])
  }
})
