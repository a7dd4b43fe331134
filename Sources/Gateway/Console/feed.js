// The log as it grows, over one fetch stream: an EventSource could not send the token.

const kept = 100

/** Splits a stream of server-sent events; hands over `{id, data}` of each. */
export async function readEvents(stream, take) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    rest += value
    const blocks = rest.split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) {
      const event = {}
      for (const line of block.split('\n')) {
        const [, field, text] = /^(id|data): ?(.*)$/.exec(line) ?? []
        if (field) event[field] = text
      }
      take(event)
    }
  }
}

/** Follows `/tail` until `stop()`; comes back by itself, from where it was. */
export class Feed {
  constructor(list, empty, state) {
    Object.assign(this, { list, empty, state, cursor: '' })
  }

  start(api) {
    this.stop()
    this.abort = new AbortController()
    this.follow(api, this.abort.signal)
  }

  stop() {
    this.abort?.abort()
    this.tell('', 'stopped')
  }

  clear() {
    this.cursor = ''
    this.list.replaceChildren()
    this.empty.hidden = false
  }

  async follow(api, signal) {
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const stream = await api.stream(`/tail?since=${encodeURIComponent(this.cursor)}`, signal)
        this.tell('good', 'following')
        tries = 0
        await readEvents(stream, event => this.take(event))
      } catch (error) {
        if (signal.aborted || error.status === 401 || error.status === 403) return // the page itself tells of a lost token
      }
      if (signal.aborted) return
      this.tell('warn', 'coming back')
      await new Promise(resume => setTimeout(resume, Math.random() * Math.min(10_000, 500 * 2 ** tries)))
    }
  }

  tell(tone, text) {
    this.state.className = `pill push ${tone}`
    if (this.state.textContent !== text) this.state.textContent = text
  }

  take({ id, data }) {
    if (id) this.cursor = id
    if (!data) return
    const frame = JSON.parse(data)
    const item = document.createElement('li')
    const meta = Object.assign(document.createElement('div'), { className: 'meta' })
    const make = (className, text) => Object.assign(document.createElement('span'), { className, textContent: text })
    const what = frame.op === 'gap' ? `events were missed: ${frame.why}` : JSON.stringify(frame.data)
    meta.append(make('topic mono', frame.topic), make('', frame.id ?? 'ephemeral'), make('', new Date().toLocaleTimeString()))
    item.append(meta, make('mono', what.length > 500 ? `${what.slice(0, 500)}…` : what))
    this.list.prepend(item)
    while (this.list.childElementCount > kept) this.list.lastElementChild.remove()
    this.empty.hidden = true
  }
}
