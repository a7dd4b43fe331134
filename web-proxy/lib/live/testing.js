// SPDX-License-Identifier: Apache-2.0
// A browser for tests: its clock is moved by hand, its sockets answer what the test says.

/** Several pages of one browser share its locks, channels and clock. */
export class FakeBrowser {
  now = 1_000_000
  timers = new Map()
  locks = new Map()
  channels = new Set()
  pages = []
  number = 0

  page(options) {
    const page = new FakePage(this, options)
    this.pages.push(page)
    return page
  }
  /** Runs what is due, in order, and what follows from it at once. */
  async advance(milliseconds) {
    await settled()
    const end = this.now + milliseconds
    for (;;) {
      const next = [...this.timers].sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0]
      if (!next || next[1].at > end) break
      this.now = Math.max(this.now, next[1].at)
      this.timers.delete(next[0])
      next[1].fn()
      await settled()
    }
    this.now = end
    await settled()
  }
}

/** All that follows without a clock. */
export async function settled() { for (let turn = 0; turn < 50; turn++) await Promise.resolve() }

export class FakePage {
  sockets = []
  requests = []
  events = new Map()
  errors = []
  stored = new Map()
  random = 0.5

  constructor(browser, { locks = true, webSocket = true } = {}) {
    const page = this
    this.browser = browser
    const target = {
      addEventListener: (name, fn) => this.events.set(name, [...this.events.get(name) ?? [], fn]),
      removeEventListener: (name, fn) => this.events.set(name, (this.events.get(name) ?? []).filter(other => other !== fn)),
    }
    this.env = {
      location: { href: 'https://app.test/page' },
      URL, AbortController, TextDecoder, Symbol, console,
      Math: Object.assign(Object.create(Math), { random: () => this.random }),
      Date: { now: () => browser.now },
      setTimeout: (fn, delay = 0) => {
        browser.timers.set(++browser.number, { at: browser.now + delay, fn })
        return browser.number
      },
      clearTimeout: id => browser.timers.delete(id),
      reportError: error => this.errors.push(error),
      sessionStorage: {
        getItem: key => this.stored.get(key) ?? null,
        setItem: (key, value) => this.stored.set(key, value),
        removeItem: key => this.stored.delete(key),
      },
      navigator: { onLine: true },
      document: { visibilityState: 'visible', ...target },
      ...target,
      fetch: (url, { headers, signal }) => new Promise((resolve, reject) => {
        const request = new FakeRequest(url, headers.accept, resolve, reject)
        signal.addEventListener('abort', () => request.abort())
        this.requests.push(request)
      }),
    }
    if (webSocket) {
      this.env.WebSocket = class {
        constructor(url) {
          this.url = new URL(url)
          this.sent = []
          this.isOpen = true
          page.sockets.push(this)
        }
        send(text) { this.sent.push(JSON.parse(text)) }
        close() { this.isOpen = false }
        // What the server does.
        frame(frame) { this.onmessage?.({ data: JSON.stringify(frame) }) }
        hello(id, more) { this.frame({ op: 'hello', conn: 'c', id, ping: 25, topics: ['user.1'], ...more }) }
        event(id, topic, data) { this.frame({ id, topic, data }) }
        end(code = 1006, reason = '') {
          this.isOpen = false
          this.onclose?.({ code, reason })
        }
      }
    }
    if (locks) {
      this.env.navigator.locks = {
        request: (name, { signal }, body) => new Promise((resolve, reject) => {
          const queue = browser.locks.get(name) ?? []
          browser.locks.set(name, queue)
          const turn = async () => {
            if (signal.aborted) return next()
            await body()
            next()
            resolve()
          }
          const next = () => {
            queue.shift()
            queue[0]?.()
          }
          signal.addEventListener('abort', () => { if (queue.indexOf(turn) > 0) { queue.splice(queue.indexOf(turn), 1); reject(new Error('aborted')) } })
          queue.push(turn)
          if (queue.length === 1) turn()
        }),
      }
      this.env.BroadcastChannel = class {
        constructor(name) {
          this.name = name
          browser.channels.add(this)
        }
        postMessage(message) {
          const copy = structuredClone(message)
          for (const other of browser.channels) {
            if (other !== this && other.name === this.name) Promise.resolve().then(() => { if (browser.channels.has(other)) other.onmessage?.({ data: copy }) })
          }
        }
        close() { browser.channels.delete(this) }
      }
    }
  }
  get socket() { return this.sockets.at(-1) }
  get request() { return this.requests.at(-1) }
  dispatch(name, event = {}) { for (const fn of [...this.events.get(name) ?? []]) fn(event) }
}

class FakeRequest {
  chunks = []
  waiting
  isAborted = false

  constructor(url, accept, resolve, reject) {
    Object.assign(this, { url: new URL(url), accept, resolve, reject })
  }
  abort() {
    this.isAborted = true
    this.reject(new Error('aborted'))
    this.waiting?.reject(new Error('aborted'))
  }
  answer(status, headers = {}, json) {
    const body = { getReader: () => ({ read: () => this.read() }) }
    this.resolve({ status, headers: new Headers(headers), body, json: async () => json })
  }
  stream() { this.answer(200, { 'content-type': 'text/event-stream' }) }
  write(text) { this.push({ done: false, value: new TextEncoder().encode(text) }) }
  end() { this.push({ done: true }) }
  push(chunk) {
    if (this.waiting) this.waiting.resolve(chunk)
    else this.chunks.push(chunk)
    this.waiting = undefined
  }
  read() {
    if (this.chunks.length) return Promise.resolve(this.chunks.shift())
    return new Promise((resolve, reject) => { this.waiting = { resolve, reject } })
  }
}
