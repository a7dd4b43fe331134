// SPDX-License-Identifier: Apache-2.0
// Where the visitor is, as the gateway says. A server behind a proxy knows only its own address: redirects built from that lead nowhere.

const read = (headers, name) => (headers.get ? headers.get(name) : headers[name]) ?? undefined

/** `https://shop.example`: of `X-Forwarded-Host` and `-Proto`, which the gateway writes anew, else of `Host`. */
export function publicOrigin(headers) {
  const host = read(headers, 'x-forwarded-host') ?? read(headers, 'host')
  const scheme = read(headers, 'x-forwarded-proto') ?? 'http'
  if (!/^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i.test(host ?? '') || !/^https?$/.test(scheme)) {
    throw new Error('no X-Forwarded-Host and -Proto of the gateway: is it in front?')
  }
  return `${scheme}://${host}`
}

/** Whether a `next` parameter may be followed: a path of this site, and nothing a browser takes for another one. */
export function isSafePath(path) {
  return typeof path === 'string' && path.length <= 2048 && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)
}

/** An absolute address of this site; what is no safe path leads to `/`. */
export function address(headers, path) {
  return publicOrigin(headers) + (isSafePath(path) ? path : '/')
}
