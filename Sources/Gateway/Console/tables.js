// Routes, upstreams and connections as tables. Text goes in as text: names come from tokens and other people's headers.
import { short } from '/dials.js'

const words = {
  up: ['good', 'up'], ejected: ['bad', 'out: failures'], down: ['bad', 'out: checks'], unresolved: ['warn', 'name not found'],
}

export function pill([tone, text]) {
  return Object.assign(document.createElement('span'), { className: `pill ${tone}`, textContent: text })
}

/** @param {string[]} titles those that end in a blank are of numbers @param {(string | Node)[][]} rows the first cell names the row */
function table(titles, rows, empty) {
  if (!rows.length) return Object.assign(document.createElement('p'), { className: 'empty', textContent: empty })
  const element = document.createElement('table')
  const cell = (tag, content, index, scope) => {
    const made = document.createElement(tag)
    made.append(content)
    if (scope) made.scope = scope
    if (titles[index].endsWith(' ')) made.className = 'number'
    return made
  }
  const line = element.createTHead().insertRow()
  line.append(...titles.map((title, index) => cell('th', title.trim(), index, 'col')))
  const body = element.createTBody()
  for (const row of rows) {
    body.insertRow().append(...row.map((content, index) => cell(index ? 'td' : 'th', content, index, index ? undefined : 'row')))
  }
  return element
}

const time = seconds => (seconds === undefined ? '–' : `${short(seconds * 1000)} ms`)

export function upstreams(status, interval) {
  const rows = status.upstreams.flatMap(upstream => upstream.endpoints.map(endpoint => {
    const labels = { upstream: upstream.name, endpoint: endpoint.address }
    return [
      upstream.name,
      endpoint.peer ? `${endpoint.address} (${endpoint.peer})` : endpoint.address,
      pill(words[endpoint.health] ?? ['warn', endpoint.health]),
      short(interval?.rate('gatecast_upstream_answers_total', labels)),
      time(interval?.quantile(0.99, 'gatecast_upstream_head_seconds', { upstream: upstream.name })),
      short(interval?.rate('gatecast_upstream_endpoint_failures_total', labels)),
      `${endpoint.in_flight}`,
      upstream.waiting ? `${upstream.waiting}` : '0',
    ]
  }))
  return table(['Upstream', 'Endpoint', 'Health', 'Answers/s ', 'p99 to head ', 'Failures/s ', 'In flight ', 'Waiting '], rows, 'No upstream is configured.')
}

export function routes(status, interval) {
  const rows = status.routes.map(route => {
    const labels = { route: route.prefix, upstream: route.upstream }
    const ways = [route.auth, route.identity !== 'none' && route.identity, route.session === 'pass' && 'page server', route.websocket === 'tunnel' && 'WebSocket']
    return [
      route.prefix, route.upstream, ways.filter(Boolean).join(' · '),
      short(interval?.rate('gatecast_requests_total', labels)),
      short(interval?.rate('gatecast_requests_total', { ...labels, status: /^[45]/ })),
      time(interval?.quantile(0.99, 'gatecast_request_duration_seconds', labels)),
    ]
  })
  return table(['Prefix', 'Upstream', 'Auth and identity', 'Requests/s ', '4xx, 5xx/s ', 'p99 '], rows, 'No route is configured.')
}

const age = seconds => (seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`)

export function sockets(list) {
  const rows = list.connections.map(it => [
    it.user ?? 'anonymous', it.transport, pill(it.reading ? ['warn', 'catching up'] : ['good', 'live']),
    it.reading ? `${short(it.lag_ms)} ms` : '–', short(it.in_flight_bytes), `${it.topics.length}`, age(it.idle_seconds), age(it.age_seconds),
  ])
  return table(['User', 'Transport', 'State', 'Lag ', 'Bytes owed ', 'Topics ', 'Idle ', 'Age '], rows, 'Nobody is connected to this node.')
}
