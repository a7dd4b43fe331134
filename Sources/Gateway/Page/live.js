// The live client in one screen: WebSocket, one cursor, full-jitter back-off, close-code ranges (docs/live-protocol.md).

/**
 * @param {{cursor?: string, onEvent: (topic: string, data: unknown, id?: string) => void,
 *   onGap: (topic: string, why: string) => void, onStatus: (phase: string, detail?: string) => void,
 *   onStopped: (code: number) => void}} options
 * @returns {{close(): void, readonly cursor: string}}
 */
export function connectLive({ cursor = '', onEvent, onGap, onStatus, onStopped }) {
  let socket, timer, deadline, tries = 0, closed = false

  // No byte for 2.5 heartbeats means the path is dead, whatever the browser still believes.
  function heard(pingSeconds = 25) {
    clearTimeout(deadline)
    deadline = setTimeout(() => socket?.close(), pingSeconds * 2500)
  }

  function take(frame) {
    if (frame.op === undefined) onEvent(frame.topic, frame.data, frame.id)
    else if (frame.op === 'gap') onGap(frame.topic, frame.why)
    if (frame.id) cursor = frame.id // after handling: a crash in a handler repeats an event, it never skips one
  }

  function open() {
    clearTimeout(timer)
    if (closed) return
    onStatus('connecting')
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/live?since=${encodeURIComponent(cursor)}`)
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data)
      heard(frame.ping)
      if (frame.op === 'hello') onStatus('live', frame.id)
      else tries = 0
      take(frame)
    }
    socket.onclose = ({ code, reason }) => {
      clearTimeout(deadline)
      if (closed) return
      if (code >= 4000 && code < 4100) return onStopped(code)
      const told = /retry=(\d+)/.exec(reason)
      const delay = told ? Number(told[1]) : Math.random() * Math.min(20000, 500 * 2 ** tries++)
      onStatus('retrying', `${Math.ceil(delay / 1000)} s`)
      timer = setTimeout(open, delay)
    }
  }

  const wake = () => { if (!closed && socket?.readyState === WebSocket.CLOSED && document.visibilityState === 'visible') open() }
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', wake)
  open()

  return {
    close() {
      closed = true
      clearTimeout(timer)
      clearTimeout(deadline)
      removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
      socket?.close(1000)
    },
    get cursor() { return cursor },
  }
}
