import { connectLive } from '/live.js'

const $ = id => document.getElementById(id)
let live, user

/** One JSON call; a problem document becomes an Error with its text and field errors. */
async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  const value = text ? JSON.parse(text) : undefined
  if (answer.ok) return { value, cursor: answer.headers.get('live-cursor') ?? '' }
  const fields = Object.entries(value?.errors ?? {}).map(([name, what]) => `${name}: ${[what].flat().join(' ')}`)
  const error = new Error(fields.join(' · ') || value?.detail || value?.title || `The server answered ${answer.status}.`)
  error.code = value?.code
  throw error
}

function line(text, meta, fresh) {
  const item = document.createElement('li')
  item.append(text)
  if (meta) item.append(Object.assign(document.createElement('span'), { className: 'meta', textContent: meta }))
  if (fresh) item.className = 'fresh'
  return item
}

const clock = value => value ? new Date(value).toLocaleString() : ''

async function loadTasks() {
  const { value, cursor } = await call('GET', '/api/tasks/')
  $('tasks').replaceChildren(...value.items.map(task => line(task.title, clock(task.created_at))))
  $('no-tasks').hidden = value.items.length > 0
  return cursor
}

async function loadUnread() {
  const { value } = await call('GET', '/api/notifications/')
  showUnread(value.unread)
}

function showUnread(count) {
  $('unread').textContent = count
  $('unread').hidden = !count
}

function show(topic, data, id) {
  const kind = data?.type
  const text = kind === 'task.created' ? `Task created: ${data.task?.title ?? ''}` : JSON.stringify(data)
  $('events').prepend(line(text, `${topic}${id ? ` · ${id}` : ' · ephemeral'}`, true))
  while ($('events').childElementCount > 100) $('events').lastElementChild.remove()
  $('no-events').hidden = true
  $('position').textContent = id ? `cursor ${id}` : $('position').textContent
  if (kind?.startsWith('task.')) loadTasks().catch(fail)
  if (typeof data?.unread === 'number') showUnread(data.unread)
}

function status(phase, detail) {
  $('status').dataset.phase = phase
  $('status').textContent = phase === 'retrying' ? `retrying in ${detail}` : phase
}

const fail = error => { $('task-error').textContent = error.message }

function signedOut() {
  live?.close()
  live = user = undefined
  status('signed-out')
  $('status').textContent = 'signed out'
  $('events').replaceChildren()
  $('no-events').hidden = false
  $('position').textContent = ''
  for (const id of ['home', 'logout', 'who']) $(id).hidden = true
  $('door').hidden = false
  document.querySelector('[name=username]').focus()
}

async function signedIn(session) {
  user = session.user
  $('door').hidden = true
  for (const id of ['home', 'logout', 'who']) $(id).hidden = false
  $('who').textContent = user.username
  $('topic').textContent = `user.${user.id}`
  $('hint').textContent = `gatecast publish user.${user.id} '{"hello":1}'`
  // Snapshot first, then the stream from the snapshot's cursor: nothing falls between.
  const cursor = await loadTasks()
  await loadUnread()
  live = connectLive({
    cursor,
    onEvent: show,
    onGap: () => { loadTasks().catch(fail); loadUnread().catch(fail) },
    onStatus: status,
    onStopped: signedOut,
  })
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
  } catch (error) {
    $('door-error').textContent = error.message
  } finally {
    buttons.forEach(button => { button.disabled = false })
  }
})

$('new-task').addEventListener('submit', async event => {
  event.preventDefault()
  $('task-error').textContent = ''
  try {
    await call('POST', '/api/tasks/', { title: new FormData(event.target).get('title') })
    event.target.reset()
    await loadTasks()
  } catch (error) {
    if (error.code === 'login-required' || error.code?.startsWith('session-')) signedOut()
    else fail(error)
  }
})

$('logout').addEventListener('click', async () => {
  try { await call('POST', '/auth/logout') } catch (error) { return fail(error) }
  signedOut()
})

try {
  const { value } = await call('GET', '/auth/session')
  if (value.authenticated) await signedIn(value)
  else signedOut()
} catch (error) {
  signedOut()
  $('door-error').textContent = error.message
}
