// Where this user is logged in, and the ways to end that.
import { $, call, make, moment } from '/api.js'

let onProblem, onEnd

function row(session) {
  const item = make('li')
  const text = make('div')
  text.append(session.browser ?? 'Unknown browser', make('span', 'meta', `${session.address ?? 'unknown network'} · last seen ${moment(session.last_seen * 1000)}`))
  item.append(text)
  if (session.current) return item.append(make('span', 'pill good', 'this one')), item
  const button = make('button', 'quiet', 'End')
  button.type = 'button'
  button.setAttribute('aria-label', `End the session of ${session.browser ?? 'an unknown browser'}, last seen ${moment(session.last_seen * 1000)}`)
  button.addEventListener('click', () => act('DELETE', `/auth/sessions/${encodeURIComponent(session.id)}`))
  return item.append(button), item
}

async function act(method, path) {
  $('session-error').textContent = ''
  try {
    await call(method, path)
    await loadSessions()
    if (document.activeElement === document.body) $('sessions-title').focus()
  } catch (error) {
    $('session-error').textContent = error.message
    onProblem(error)
  }
}

export async function loadSessions() {
  const { value } = await call('GET', '/auth/sessions')
  $('sessions').replaceChildren(...value.map(row))
  $('end-others').disabled = value.length < 2
}

export const clearSessions = () => $('sessions').replaceChildren()

/** @param {(error: Error) => void} fail @param {() => void} ended called once nobody is logged in here */
export function startSessions(fail, ended) {
  ;[onProblem, onEnd] = [fail, ended]
  const leave = path => async () => {
    try {
      await call('POST', path)
      onEnd()
    } catch (error) {
      $('session-error').textContent = error.message
      onProblem(error)
    }
  }
  $('end-others').addEventListener('click', () => act('DELETE', '/auth/sessions'))
  $('logout-all').addEventListener('click', leave('/auth/logout-all'))
  $('logout').addEventListener('click', leave('/auth/logout'))
}
