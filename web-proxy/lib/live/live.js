// SPDX-License-Identifier: Apache-2.0
// The live client. live.d.ts says what it offers, docs/live-protocol.md what it speaks. No dependency, no build step.

const NAMES = {
  4000: 'bad_request', 4001: 'login_required', 4003: 'forbidden', 4005: 'session_ended', 4009: 'too_big',
  4100: 'overloaded', 4101: 'too_many_connections', 4102: 'rate_limited', 4103: 'too_slow', 4104: 'internal',
  4200: 'draining', 4201: 'session_renewed', 4202: 'max_age',
}
const KEPT = 256 // events remembered against duplicates, and for tabs that come later

/** Negative, 0, positive; NaN for cursors of another form than today's, of which nothing may be concluded. */
function compare(a, b) {
  const [x, y] = [a, b].map(id => /^(\d+)-(\d+)$/.exec(id))
  return x && y ? x[1] - y[1] || x[2] - y[2] : NaN
}

const matches = (pattern, topic) => pattern === '*' || pattern === topic
  || (pattern.endsWith('.*') && topic.startsWith(pattern.slice(0, -1)))

// A transport hands frames to `take` and says by `end(code, retry)` that it is over: code 0 without a word of the server.

function webSocket(env, url, take, end) {
  const socket = new env.WebSocket(url.replace(/^http/, 'ws'))
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code, reason }) => end(code, /retry=(\d+)/.exec(reason)?.[1])
  return {
    send: frame => socket.send(JSON.stringify(frame)),
    close() { socket.onmessage = socket.onclose = null; socket.close() },
  }
}

/** Both others: `read` has the answer to itself; what is not `type` with 200 is told as a close code. */
function fetched(env, accept, end, read) {
  const abort = new env.AbortController()
  const ask = async (url, take) => {
    const answer = await env.fetch(url, {
      headers: { accept }, credentials: 'include', cache: 'no-store', signal: abort.signal,
    })
    if (answer.status === 204 || (answer.status === 200 && answer.headers.get('content-type')?.startsWith(accept))) return answer
    const pause = answer.headers.get('retry-after') * 1000
    end({ 400: 4000, 401: 4001, 403: 4003, 429: 4102, 503: 4100 }[answer.status] ?? 0, pause || undefined)
    abort.abort()
    throw 0
  }
  Promise.resolve().then(() => read(ask)).catch(() => end(0))
  return { close: () => abort.abort() }
}

function eventStream(env, url, take, end, answered) {
  return fetched(env, 'text/event-stream', end, async ask => {
    const answer = await ask(url)
    if (answer.status === 204) return end(4001)
    answered()
    const reader = answer.body.getReader(), decoder = new env.TextDecoder()
    let text = '', retry
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return end(0, retry)
      const blocks = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      text = blocks.pop()
      for (const block of blocks) {
        const fields = {}
        for (const line of block.split(/\r?\n/)) {
          const colon = line.indexOf(':')
          fields[line.slice(0, colon)] = line.slice(colon + 1).trim()
        }
        retry = fields.retry ?? retry
        take(fields.data ? JSON.parse(fields.data) : { op: 'ping', id: fields.id }) // a bare id is a heartbeat
      }
    }
  })
}

function longPoll(env, url, take, end, answered, address) {
  return fetched(env, 'application/json', end, async ask => {
    // Only a poll without cursor brings a hello, and one with a cursor may wait long: that it is asked has to do.
    if (new env.URL(url).searchParams.get('since')) take({ op: 'hello', id: null, topics: [] })
    for (;;) {
      const answer = await ask(address())
      if (answer.status === 200) for (const frame of await answer.json()) take(frame)
      else take({ op: 'ping', id: answer.headers.get('live-cursor') })
    }
  })
}

const TRANSPORTS = { websocket: webSocket, sse: eventStream, poll: longPoll }

/** `env` is the browser; tests bring another. */
export function connectLive(options = {}, env = globalThis) {
  const { url = '/live', topics = [], onGap, onSignedOut, onDenied, onExpiring, share = true } = options
  const base = new env.URL(url, env.location?.href)
  const name = `gatecast-live-1 ${base}`
  const me = env.Math.random().toString(36).slice(2)
  const now = () => env.Date.now()

  const handlers = new Map(), listeners = new Set()
  const own = new Map(topics.map(topic => [topic])) // topic → where it has to begin, if not at the cursor
  const denied = new Set()
  let cursor = options.cursor || kept() || ''
  let floor = cursor, user // every event after `floor` that is still known is in `recent`
  const recent = new Map()
  let status = Object.freeze({ phase: 'connecting', transport: null, retryIn: 0, reason: null, leads: false })
  let ended = false

  // Sharing: who holds the lock has the socket, the others hear its frames, numbered, by channel.
  let channel, abort, release, leads = false, sent = 0, expected
  let tabs = new Map() // the others: topic → where it has to begin, as in `own`
  // The connection of the one that leads.
  let connection, timer, watch, tries = 0, told = false, deaf = 0

  function kept() {
    try { return env.sessionStorage.getItem(name) } catch { } // storage may be forbidden: then reloads begin anew
  }
  function keep(value) {
    try { value ? env.sessionStorage.setItem(name, value) : env.sessionStorage.removeItem(name) } catch { }
  }
  function attempt(fn, ...values) {
    try { fn?.(...values) } catch (error) { env.reportError ? env.reportError(error) : env.console.error(error) }
  }
  const post = message => channel?.postMessage(message)

  function set(phase, more) {
    mirror({ phase, transport: null, retryIn: 0, reason: null, ...more, leads })
    if (leads) post({ status })
  }
  function mirror(next) {
    if (Object.keys(next).every(key => next[key] === status[key])) return
    status = Object.freeze(next)
    for (const fn of [...listeners]) attempt(fn)
  }

  // MARK: frames, in the tab that leads and in those that follow

  function take(frame) {
    if (ended) return
    const { op, id, topic } = frame
    if (op === undefined) {
      if (!recent.has(id)) deliver(frame)
    } else if (op === 'hello') {
      const mine = frame.topics.find(topic => topic.startsWith('user.'))
      if (mine && user && mine !== user) return finish('signed-out', 'other_user')
      user ??= mine
      if (id !== cursor) floor = id || floor
    } else if (op === 'gap') {
      if (id) floor = id
      const mine = pattern => matches(pattern, topic)
      if (topic === '*' || [...own.keys(), ...handlers.keys()].some(mine)) attempt(onGap, topic, frame.why)
    } else if (op === 'ok') {
      floor = cursor // a topic that came late was not in what is remembered
      settle([topic])
    } else if (op === 'err') {
      denied.add(topic)
      if (own.has(topic)) attempt(onDenied, topic, frame.name)
    } else if (op === 'exp') attempt(onExpiring, frame.in)
    if (id && !ended) cursor = id // after handling it
  }
  function deliver(frame) {
    if (frame.id) {
      recent.set(frame.id, frame)
      if (recent.size > KEPT) {
        const [first] = recent.keys()
        recent.delete(first)
        if (!(compare(first, floor) <= 0)) floor = first
      }
    }
    for (const [pattern, fns] of handlers) {
      if (matches(pattern, frame.topic)) for (const fn of [...fns]) attempt(fn, frame.data, frame)
    }
  }

  /** Topics that have begun where they had to. */
  function settle(topics) {
    for (const topic of topics) {
      if (own.has(topic)) own.set(topic)
      for (const [, more] of tabs) if (more.has(topic)) more.set(topic)
    }
  }

  // MARK: the connection

  function wanted() {
    const all = new Map(own)
    for (const [, more] of tabs) for (const [topic, since] of more) if (!all.has(topic)) all.set(topic, since)
    for (const topic of denied) all.delete(topic)
    return all
  }
  /** One forbidden topic in a URL refuses the connection: what others ask for goes by `sub`, where that can be said. */
  function address(kind, asked) {
    const at = new env.URL(base)
    for (const [topic, since] of wanted()) {
      if (kind === 'websocket' && (since || !(topics.includes(topic) || granted.has(topic)))) continue
      at.searchParams.append('topic', topic)
      asked.add(topic)
      settle([topic])
      if (since && !(compare(since, cursor) >= 0)) relay({ op: 'gap', topic, why: 'joined' }) // a URL has one cursor
    }
    at.searchParams.set('since', cursor)
    if (kind === 'poll') at.searchParams.set('poll', 1)
    return at.href
  }

  let granted = new Set() // asked for and not refused, on connections before
  function open(kind = deaf % 4 < 2 && env.WebSocket ? 'websocket' : 'sse') {
    drop()
    const asked = new Set(), mine = connection = { kind, asked, active: new Set(), heard: now(), limit: 10000 }
    const isMine = () => connection === mine
    const end = (code, retry) => { if (isMine()) over(code, retry) }
    set('connecting', { transport: kind })
    const at = isMine() && address(kind, asked)
    if (!isMine()) return // closed by whom that told
    try {
      mine.way = TRANSPORTS[kind](env, at, frame => { if (isMine()) received(frame) }, end,
        () => { mine.isAnswered = true }, () => address(kind, asked))
    } catch { return end(0) } // not even begun: a forbidden address
    const look = () => {
      const left = mine.heard + mine.limit - now()
      if (!isMine()) return
      if (left > 0) watch = env.setTimeout(look, left)
      else over(0)
    }
    look()
  }
  function drop() {
    env.clearTimeout(timer)
    env.clearTimeout(watch)
    timer = undefined
    const before = connection
    connection = undefined
    before?.way?.close()
  }
  function received(frame) {
    connection.heard = now()
    const { kind } = connection
    if (frame.op === 'bye') {
      connection.bye = frame
      if (kind !== 'websocket') over(frame.code, frame.retry)
      return
    }
    if (frame.op === 'hello') {
      connection.limit = (frame.ping ?? 25) * 2500 // two and a half heartbeats
      connection.since = now()
      deaf = kind === 'websocket' ? 0 : deaf + 1
      for (const topic of frame.topics) connection.active.add(topic)
    } else if (frame.op === 'ok' && frame.ref) for (const set of [connection.active, granted]) set.add(frame.topic)
    else if (frame.op === 'err') for (const set of [connection.active, connection.asked, granted]) set.delete(frame.topic)
    relay(frame)
    if (frame.op !== 'hello' || !connection) return
    set('live', { transport: kind })
    sync()
  }
  function relay(frame) {
    post({ number: ++sent, frame })
    take(frame)
  }
  function over(code, retry) {
    const { kind, since, bye, isAnswered } = connection
    drop()
    if (!NAMES[code] && bye) ({ code, retry } = bye)
    const reason = NAMES[code] ?? null
    if (code >= 4000 && code < 4100) return finish(code === 4001 || code === 4005 ? 'signed-out' : 'closed', reason)
    // Nothing came through: something between may not let this transport pass, and the next one will tell.
    const next = since || reason ? 0 : kind === 'websocket' ? 'sse' : isAnswered && 'poll'
    if (next) return open(next)
    if (since && now() - since >= 5000) tries = 0
    told = retry !== undefined
    const retryIn = told ? +retry : Math.round(env.Math.random() * Math.min(20000, 500 * 2 ** tries))
    tries++
    timer = env.setTimeout(open, retryIn)
    set(env.navigator?.onLine === false ? 'paused' : 'retrying', { retryIn, reason })
  }
  /** Brings what this connection is subscribed to in line with what the tabs want. */
  function sync() {
    if (!connection?.since) return
    const all = wanted(), { active, asked, way } = connection
    const missing = [...all].filter(([topic]) => !active.has(topic) && !asked.has(topic))
    const extra = [...asked].filter(topic => active.has(topic) && !all.has(topic))
    if (!way.send) {
      if (missing.length) open(connection.kind)
      return
    }
    for (const topic of extra) {
      way.send({ op: 'unsub', ref: 0, topic })
      for (const set of [active, asked, granted]) set.delete(topic)
    }
    for (const [topic, since] of missing.slice(0, 30)) {
      way.send({ op: 'sub', ref: 1, topic, since: since || cursor || undefined })
      asked.add(topic)
    }
    if (missing.length > 30) env.setTimeout(sync, 2000) // the gateway takes 20 a second
  }
  function wake() {
    if (ended) return
    if (!leads) post({ wake: 1 })
    else if (timer ? !told : connection?.since && now() - connection.heard > connection.limit * 0.6) open()
  }

  // MARK: tabs

  function begin() {
    expected = undefined
    if (!share || !env.navigator?.locks || !env.BroadcastChannel) return lead()
    channel = new env.BroadcastChannel(name)
    channel.onmessage = ({ data }) => { if (!ended) hear(data) }
    abort = new env.AbortController()
    const { signal } = abort
    env.navigator.locks.request(name, { signal }, () => new Promise(resolve => {
      if (signal.aborted) return resolve()
      release = resolve
      lead()
    })).catch(() => { if (!signal.aborted) lead() }) // no locks here, such as in a sandboxed frame
    join()
  }
  function lead() {
    leads = true
    tabs = new Map()
    post({ lead: 1 })
    open()
  }
  function join() {
    expected = undefined
    post({ join: me, cursor, topics: [...own].filter(([topic]) => !denied.has(topic)) })
  }
  function hear(message) {
    if (message.finish) return finish(...message.finish)
    if (leads) {
      if (message.join) welcome(message)
      else if (message.leave) { tabs.delete(message.leave); sync() }
      else if (message.wake) wake()
    } else if (message.lead) join()
    else if (message.to === me) {
      if (message.gap) take({ op: 'gap', topic: '*', why: 'joined' })
      for (const frame of message.frames) take(frame)
      if (message.gap || !cursor) floor = message.cursor
      cursor = message.cursor || cursor
      settle(message.active)
      expected = message.number + 1
      if (message.user) take({ op: 'hello', id: cursor, topics: [message.user] })
      if (!ended) mirror({ ...message.status, leads })
    } else if (expected !== undefined) {
      if (message.status) mirror({ ...message.status, leads })
      else if (message.number === expected) { expected++; take(message.frame) }
      else if (message.number) join()
    }
  }
  /** Whether what is remembered does not reach back to a cursor, for a topic that comes already. */
  const misses = (topic, since) => since && !(compare(since, floor) >= 0)
    && (topic === '*' || (connection ? connection.asked.has(topic) || connection.active.has(topic) : wanted().has(topic)))
  /** Another tab begins at its own cursor: it gets what it missed, or is told to fetch again. */
  function welcome({ join: to, cursor: since, topics: more }) {
    const gap = !!misses('*', since) || more.some(([topic, at]) => misses(topic, at))
    const frames = since && !gap ? [...recent.values()].filter(frame => compare(frame.id, since) > 0) : []
    for (const [topic] of more) denied.delete(topic)
    tabs.set(to, new Map(more.map(([topic, at]) => [topic, at || since])))
    const active = [...connection?.active ?? []]
    post({ to, number: sent, gap, frames, cursor, user, status, active })
    settle(active)
    sync()
  }

  // MARK: the page

  function leave() {
    drop()
    post({ leave: me })
    abort?.abort()
    release?.()
    channel?.close()
    channel = release = abort = undefined
    leads = false
  }
  function hide({ persisted }) {
    keep(cursor)
    if (persisted) { leave(); set('paused') } else post({ leave: me })
  }
  const show = ({ persisted }) => { if (persisted && !ended) begin() }
  const see = () => { if (env.document.visibilityState === 'visible') wake() }
  const events = [['online', wake], ['pagehide', hide], ['pageshow', show]]

  function finish(phase, reason) {
    if (ended) return
    ended = true
    if (leads && phase === 'signed-out' && reason !== 'other_user') post({ finish: [phase, reason] })
    leave()
    for (const [event, fn] of events) env.removeEventListener?.(event, fn)
    env.document?.removeEventListener('visibilitychange', see)
    if (phase === 'signed-out') keep()
    set(phase, { reason })
    if (phase === 'signed-out') attempt(onSignedOut, reason)
  }

  for (const [event, fn] of events) env.addEventListener?.(event, fn)
  env.document?.addEventListener('visibilitychange', see)
  begin()

  function catchUp(topic, fn, since) {
    for (const frame of [...recent.values()]) {
      if (matches(topic, frame.topic) && compare(frame.id, since) > 0) attempt(fn, frame.data, frame)
    }
  }
  const changed = () => { if (leads) sync(); else join() }
  const live = {
    on(topic, fn, { cursor: since } = {}) {
      if (!handlers.has(topic)) handlers.set(topic, new Set())
      handlers.get(topic).add(fn)
      if (since) Promise.resolve().then(() => catchUp(topic, fn, since))
      if (topic !== '*' && !own.has(topic)) {
        if (leads && misses(topic, since)) attempt(onGap, topic, 'joined')
        own.set(topic, since)
        denied.delete(topic)
        changed()
      }
      return () => {
        const fns = handlers.get(topic)
        if (!fns?.delete(fn) || fns.size) return
        handlers.delete(topic)
        if (!topics.includes(topic) && own.delete(topic)) changed()
      }
    },
    subscribe(fn) {
      listeners.add(fn)
      return () => { listeners.delete(fn) }
    },
    getSnapshot: () => status,
    get cursor() { return cursor },
    close: () => finish('closed', null),
  }
  if (env.Symbol?.dispose) live[env.Symbol.dispose] = live.close
  return live
}
