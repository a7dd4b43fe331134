// SPDX-License-Identifier: Apache-2.0
import type { AnyHeaders } from './forwarded.js'

/** The earliest `Live-Cursor` of requests and answers a page was made from; hand it to `connectLive({ cursor })`. */
export function liveCursor(...sources: readonly { readonly headers: AnyHeaders }[]): string | undefined
