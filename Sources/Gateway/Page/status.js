// What the live connection is doing, in the pill at the top and in the card.
import { $, setText } from '/api.js'

const transports = { websocket: 'WebSocket', sse: 'event stream', poll: 'long-poll' }

const words = {
  connecting: () => 'connecting',
  live: status => `live · ${transports[status.transport] ?? status.transport ?? 'another tab'}`,
  retrying: status => `back in ${Math.max(1, Math.ceil(status.retryIn / 1000))} s`,
  paused: () => 'offline',
  'signed-out': () => 'signed out',
  closed: status => `closed${status.reason ? `: ${status.reason.replaceAll('_', ' ')}` : ''}`,
}

/** @param {{phase: string, transport: string | null, retryIn: number, reason: string | null, leads: boolean}} status */
export function showStatus(status) {
  const text = words[status.phase]?.(status) ?? status.phase
  $('status').dataset.phase = status.phase
  setText($('status'), text)
  setText($('phase'), status.phase === 'live' && !status.leads ? 'live, through another tab' : status.phase)
  setText($('transport'), transports[status.transport] ?? '–')
}

export const showCursor = cursor => setText($('position'), cursor || '–')
