// The operator's page: asks the admin API every two seconds and shows what it says. Nothing is kept beyond this page's life.
import { adminApi } from '/admin-api.js'
import { dialBoard } from '/dials.js'
import { Interval, parse } from '/exposition.js'
import { Feed } from '/feed.js'
import { publishForm } from '/publish.js'
import * as tables from '/tables.js'

const period = 2000
const $ = id => document.getElementById(id)
const board = dialBoard($('dials'))
const feed = new Feed($('feed'), $('no-feed'), $('feed-state'))
let api, before, timer, isLooking = false

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text // a live region speaks only of changes
}

function showReady(ready) {
  const [tone, text] = ready?.ready ? ['good', 'ready'] : ready?.draining ? ['warn', 'draining'] : ['bad', ready ? 'not ready' : 'no answer']
  $('ready').className = `pill ${tone}`
  setText($('ready'), text)
}

function showProblems(lines) {
  $('problems').hidden = !lines.length
  setText($('problems'), lines.join(' · '))
}

async function look(asked) {
  const [status, metrics, sockets, ready] = await Promise.all([
    asked.json('/status'), asked.text('/metrics'), asked.json('/connections?limit=50'), asked.json('/readyz', { accept: [200, 503] }),
  ])
  if (asked !== api) return // locked meanwhile
  const now = { metrics: parse(metrics), at: performance.now() }
  const interval = before && new Interval(before, now)
  before = now
  showReady(ready)
  showProblems(Object.entries(ready).filter(([, said]) => typeof said === 'string' && said !== 'ok').map(([name, said]) => `${name}: ${said}`))
  setText($('node'), `${status.origins.join(', ')} · ${status.profile} · ${status.store} stores${status.version ? ` · ${status.version}` : ''}`)
  $('upstreams').replaceChildren(tables.upstreams(status, interval))
  $('routes').replaceChildren(tables.routes(status, interval))
  $('sockets').replaceChildren(tables.sockets(sockets))
  setText($('sockets-count'), sockets.count > sockets.connections.length ? `${sockets.connections.length} of ${sockets.count}, those furthest behind first` : `${sockets.count}`)
  if (interval) board.show(interval)
}

/** One look after another, never two at a time; none while nobody watches. */
async function tick() {
  clearTimeout(timer)
  if (!api || isLooking || isPaused() || document.visibilityState === 'hidden') return
  const asked = api
  isLooking = true
  try {
    await look(asked)
  } catch (error) {
    if (asked !== api) return
    if (error.status === 401 || error.status === 403) return lock(error.message)
    showReady(undefined)
    showProblems([error.message])
    before = undefined
  } finally {
    isLooking = false
  }
  timer = setTimeout(tick, period)
}

const isPaused = () => $('pause').getAttribute('aria-pressed') === 'true'

function show(isOpen) {
  $('door').hidden = isOpen
  for (const id of ['panel', 'ready', 'node', 'pause', 'lock']) $(id).hidden = !isOpen
}

/** Forgets the token and everything that was shown with it. */
function lock(because = '') {
  clearTimeout(timer)
  api = before = undefined
  feed.stop()
  feed.clear()
  board.clear()
  for (const id of ['upstreams', 'routes', 'sockets']) $(id).replaceChildren()
  show(false)
  setText($('door-error'), because)
  $('token').focus()
}

$('unlock').addEventListener('submit', async event => {
  event.preventDefault()
  const candidate = adminApi($('token').value.trim())
  setText($('door-error'), '')
  try {
    await candidate.json('/status')
  } catch (error) {
    setText($('door-error'), error.status === 401 ? 'That is not the admin token.' : error.message)
    $('token').select()
    return
  }
  event.target.reset()
  api = candidate
  show(true)
  $('main').focus({ preventScroll: true })
  feed.start(api)
  tick()
})

$('lock').addEventListener('click', () => lock())
$('pause').addEventListener('click', () => {
  const pauses = !isPaused()
  $('pause').setAttribute('aria-pressed', String(pauses))
  before = undefined
  if (pauses) feed.stop()
  else feed.start(api)
  tick()
})
document.addEventListener('visibilitychange', tick)
publishForm($('publish'), $('publish-answer'), () => api)
