// The embedded page: log in, then a snapshot over REST, then the stream from the snapshot's cursor, so that nothing falls between.
import { connectLive } from '/live.js'
import { $, call, make, setText } from '/api.js'
import { clearInbox, hearInbox, loadInbox, startInbox } from '/inbox.js'
import { clearSessions, loadSessions, startSessions } from '/sessions.js'
import { showCursor, showStatus } from '/status.js'
import { clearTasks, hearTasks, loadTasks, startTasks } from '/tasks.js'
import { clearToasts, toast } from '/toasts.js'

const shown = 50
let live

/** What went wrong somewhere on the page: a lost session shows the door, anything else is news. */
function fail(error) {
  if (error.isSignedOut) signedOut()
  else toast(error.message)
}

async function refresh() {
  const cursor = await loadTasks()
  await Promise.all([loadInbox(), loadSessions()])
  return cursor
}

function hear(data, { id, topic }) {
  const item = make('li', 'fresh')
  const title = data?.notice?.title
  item.append(make('span', title ? '' : 'mono', title ?? JSON.stringify(data)), make('span', 'meta', `${topic} · ${id ?? 'ephemeral'}`))
  $('events').prepend(item)
  while ($('events').childElementCount > shown) $('events').lastElementChild.remove()
  $('no-events').hidden = true
  if (data?.type !== 'inbox.changed') toast(title ?? `Event on ${topic}`)
  hearInbox(data)
  hearTasks(data)
  showCursor(id ?? live?.cursor)
}

function showHome(isHome) {
  $('door').hidden = isHome
  for (const id of ['home', 'logout', 'who', 'bell']) $(id).hidden = !isHome
}

function signedOut(because = '') {
  const before = live
  live = undefined
  before?.close()
  if (!$('door').hidden) return
  showStatus({ phase: 'signed-out' })
  for (const clear of [clearTasks, clearInbox, clearSessions, clearToasts]) clear()
  $('events').replaceChildren()
  $('no-events').hidden = false
  showHome(false)
  $('door-error').textContent = because
  $('username').focus()
}

async function signedIn({ user }) {
  showHome(true)
  setText($('who'), user.username)
  setText($('topic'), `user.${user.id}`)
  setText($('hint'), `gatecast publish user.${user.id} '{"hello":1}'`)
  let cursor = ''
  try { cursor = await refresh() } catch (error) {
    if (error.isSignedOut) return signedOut()
    toast(error.message) // a service is away: the rest of the page works, and events say when it is back
  }
  const connection = live = connectLive({
    cursor,
    onGap: () => refresh().catch(fail),
    onSignedOut: () => { if (live === connection) signedOut('You were logged out.') },
  })
  connection.subscribe(() => {
    showStatus(connection.getSnapshot())
    showCursor(connection.cursor)
  })
  showStatus(connection.getSnapshot())
  connection.on('*', hear)
}

$('credentials').addEventListener('submit', async event => {
  event.preventDefault()
  const form = event.target
  const action = event.submitter?.value ?? 'login'
  const { username, password } = Object.fromEntries(new FormData(form))
  $('door-error').textContent = ''
  const buttons = form.querySelectorAll('button')
  buttons.forEach(button => { button.disabled = true })
  try {
    const { value } = await call('POST', `/auth/${action}`, { username, password })
    if (!value.authenticated) throw new Error('Your account was made. Confirm it, then log in.')
    form.reset()
    await signedIn(value)
    $('main').focus({ preventScroll: true })
  } catch (error) {
    $('door-error').textContent = error.message
    $('password').focus()
  } finally {
    buttons.forEach(button => { button.disabled = false })
  }
})

startTasks(fail)
startInbox(fail)
startSessions(fail, () => signedOut())

try {
  const { value } = await call('GET', '/auth/session')
  if (value.authenticated) await signedIn(value)
  else { showHome(false); showStatus({ phase: 'signed-out' }) }
} catch (error) {
  showHome(false)
  $('door-error').textContent = error.message
}
