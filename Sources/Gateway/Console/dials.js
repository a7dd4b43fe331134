// The row of figures, each with its plot: what is asked of the metrics, and how it is shown.
import { Plot } from '/plot.js'
import { sum } from '/exposition.js'

/** `1234567` as `1.2M`; small ones with as many digits as they need. */
export function short(value) {
  if (!Number.isFinite(value)) return '–'
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]]) if (value >= size) return `${(value / size).toFixed(1)}${unit}`
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(value < 0.1 && value > 0 ? 3 : 2)
}

const milliseconds = seconds => (seconds === undefined ? undefined : seconds * 1000)
const connections = 'gatecast_live_connections'

/** Title, unit, names of the lines, and their values from an interval between two looks. */
const dials = [
  ['Sockets', '', ['WebSocket', 'event streams', 'long-polls'], it => ['websocket', 'sse', 'poll'].map(transport => sum(it.now, connections, { transport })), 'sum'],
  ['Events', '/s', ['log', 'ephemeral'], it => ['log', 'ephemeral'].map(lane => it.rate('gatecast_live_events_total', { lane })), 'sum'],
  ['Deliveries', '/s', ['live', 'replay'], it => ['live', 'replay'].map(mode => it.rate('gatecast_live_deliveries_total', { mode })), 'sum'],
  ['Delivery lag', 'ms', ['p99', 'p50'], it => [0.99, 0.5].map(q => milliseconds(it.quantile(q, 'gatecast_live_delivery_seconds')))],
  ['Requests', '/s', ['all', '4xx', '5xx'], it => [undefined, '4xx', '5xx'].map(status => it.rate('gatecast_requests_total', status ? { status } : {}))],
  ['Request time', 'ms', ['p99', 'p50'], it => [0.99, 0.5].map(q => milliseconds(it.quantile(q, 'gatecast_request_duration_seconds', { upstream: /^(?!-$)/ })))],
  ['Event loop lag', 'ms', ['p99'], it => [milliseconds(it.quantile(0.99, 'gatecast_loop_lag_seconds'))]],
  ['Processor', '%', ['of one core'], it => [it.rate('process_cpu_seconds_total') * 100]],
]

function build([title, unit, names, values, total]) {
  const plot = new Plot(names)
  const make = (tag, className, text = '') => Object.assign(document.createElement(tag), { className, textContent: text })
  const [card, value, legend, scale] = [make('article', 'card dial'), make('p', 'value'), make('p', 'legend'), make('p', 'scale')]
  const parts = names.map((_, index) => make('span', ['first', 'second', 'third'][index]))
  const top = make('span', '')
  legend.append(...(names.length > 1 ? parts : []))
  scale.append(make('span', '', '3 min'), top)
  card.append(make('h2', '', title), value, legend, plot.element, scale)

  plot.element.setAttribute('aria-label', `${title}: nothing yet`)

  function show(interval) {
    const now = values(interval)
    plot.add(now)
    const main = total ? now.reduce((all, one) => all + (one ?? 0), 0) : now[0]
    value.replaceChildren(short(main), make('small', '', ` ${unit}`))
    parts.forEach((part, index) => { part.textContent = `${names[index]} ${short(now[index])}` })
    top.textContent = `top ${short(plot.top)} ${unit}`
    plot.element.setAttribute('aria-label', `${title}: now ${short(main)} ${unit}, at most ${short(Math.max(...plot.samples.map(s => Math.max(...s.filter(Number.isFinite), 0))))} in the last three minutes`)
  }
  return { card, show, clear: () => plot.clear() }
}

/** @param {Element} place */
export function dialBoard(place) {
  const built = dials.map(build)
  place.replaceChildren(...built.map(dial => dial.card))
  return { show: interval => built.forEach(dial => dial.show(interval)), clear: () => built.forEach(dial => dial.clear()) }
}
