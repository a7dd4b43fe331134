// SPDX-License-Identifier: Apache-2.0
// From the snapshot to the stream: a page is rendered from what was true at a position of the event log, and its live client begins there.

/**
 * Where the live client of this page has to begin: the earliest `Live-Cursor` of what the page was made from. Behind the gateway the
 * request itself carries one, taken before the page was asked for; answers of `fetchAs` carry theirs. Undefined where nobody said one.
 */
export function liveCursor(...sources) {
  const found = sources.map(({ headers }) => headers.get ? headers.get('live-cursor') : headers['live-cursor']).filter(Boolean)
  return found.reduce((first, other) => first === undefined || isBefore(other, first) ? other : first, undefined)
}

/** Cursors are opaque; of today's form the order is known, of another one the first stays. */
function isBefore(a, b) {
  const [x, y] = [a, b].map(text => /^(\d+)-(\d+)$/.exec(text)?.slice(1).map(BigInt))
  return x && y ? x[0] < y[0] || (x[0] === y[0] && x[1] < y[1]) : false
}
