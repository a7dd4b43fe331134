// Calls of this origin's API: the cookie travels by itself, and no script can read it.

/** What the gateway or a service said instead: `code` and `status` for programs, the message for people. */
export class Problem extends Error {
  constructor(status, document) {
    const fields = Object.entries(document?.errors ?? {}).map(([name, what]) => `${name}: ${[what].flat().join(' ')}`)
    super(fields.join(' · ') || document?.detail || document?.title || `The server answered ${status}.`)
    this.status = status
    this.code = document?.code
  }

  /** Nobody is logged in here any more. */
  get isSignedOut() { return this.status === 401 && (this.code === 'login-required' || this.code?.startsWith('session-')) }
}

/** @returns {Promise<{value: any, cursor: string, etag: string | null}>} `cursor` is where the live stream goes on from this answer */
export async function call(method, path, body, headers = {}) {
  let answer
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch {
    throw new Problem(0, { detail: 'The gateway cannot be reached.' })
  }
  const text = await answer.text()
  let value
  try { value = text ? JSON.parse(text) : undefined } catch { /* not JSON: the status says enough */ }
  if (!answer.ok) throw new Problem(answer.status, value)
  return { value, cursor: answer.headers.get('live-cursor') ?? '', etag: answer.headers.get('etag') }
}

export const $ = id => document.getElementById(id)

/** An element with its class and text; text never becomes markup. */
export const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? '' })

/** Live regions speak only of what changes. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

export const moment = value => new Date(value).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
