// Prometheus' text format, and what two looks at it tell. Pure.

const series = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g
const escapes = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

/** @returns {Map<string, {labels: Record<string, string>, value: number}[]>} by name */
export function parse(text) {
  const found = new Map()
  for (const line of text.split('\n')) {
    const [, name, labels, value] = line[0] === '#' ? [] : series.exec(line) ?? []
    if (!name) continue
    if (!found.has(name)) found.set(name, [])
    const pairs = [...(labels ?? '').matchAll(label)].map(([, key, raw]) => [key, raw.replace(/\\[n"\\]/g, it => escapes[it])])
    found.get(name).push({ labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) })
  }
  return found
}

const fits = (labels, wanted) => Object.entries(wanted).every(([key, value]) => (value instanceof RegExp ? value.test(labels[key] ?? '') : labels[key] === value))

/** The sum over all series that have these labels; a label may be asked for by a pattern. */
export function sum(metrics, name, labels = {}) {
  let total = 0
  for (const entry of metrics.get(name) ?? []) if (fits(entry.labels, labels)) total += entry.value
  return total
}

/** Two looks, the earlier first, as rates and quantiles of what happened between them. */
export class Interval {
  /** @param {{metrics: Map, at: number}} before @param {{metrics: Map, at: number}} now times in milliseconds */
  constructor(before, now) {
    this.before = before.metrics
    this.now = now.metrics
    this.seconds = Math.max(0.001, (now.at - before.at) / 1000)
  }

  /** How much a counter rose; one that was set back (a restart) counts from zero. */
  rise(name, labels) {
    const [from, to] = [sum(this.before, name, labels), sum(this.now, name, labels)]
    return to >= from ? to - from : to
  }

  rate(name, labels) { return this.rise(name, labels) / this.seconds }

  /** Upper bound of the bucket where the quantile lies, spread evenly within it as Prometheus does; undefined if nothing happened. */
  quantile(q, name, labels = {}) {
    const bounds = new Map()
    for (const [metrics, sign] of [[this.now, 1], [this.before, -1]]) {
      for (const entry of metrics.get(`${name}_bucket`) ?? []) {
        if (!fits(entry.labels, labels)) continue
        const bound = entry.labels.le === '+Inf' ? Infinity : Number(entry.labels.le)
        bounds.set(bound, (bounds.get(bound) ?? 0) + sign * entry.value)
      }
    }
    const sorted = [...bounds].sort(([a], [b]) => a - b)
    const total = sorted.at(-1)?.[1] ?? 0
    if (!(total > 0)) return undefined
    let [low, below] = [0, 0]
    for (const [bound, count] of sorted) {
      if (count >= q * total) return bound === Infinity ? low : low + (bound - low) * ((q * total - below) / Math.max(1, count - below))
      ;[low, below] = [bound, count]
    }
    return low
  }
}
