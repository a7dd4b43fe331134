// SPDX-License-Identifier: Apache-2.0
// Checked by the compiler, never run: what a front end written in TypeScript may and may not say.
import { connectLive, type Live, type LiveStatus } from './live.js'
import { decide } from '../server/decide.js'
import { address, isSafePath } from '../server/forwarded.js'
import { liveCursor } from '../server/cursor.js'
import { relay } from '../server/relay.js'
import { currentUser, GatewayUnsure } from '../server/session.js'

export const live: Live = connectLive({ topics: ['a'], onGap: (topic, why) => `${topic} ${why}`, share: false })
export const stop: () => void = live.on<{ n: number }>('a', (data, event) => { data.n.toFixed(); event.id?.length }, { cursor: '1-0' })
export const status: LiveStatus = live.getSnapshot()
export const unsubscribe: () => void = live.subscribe(() => {})
// @ts-expect-error: a snapshot is not changed
status.phase = 'live'
// @ts-expect-error: no such option
connectLive({ topic: 'a' })

export async function page(request: Request): Promise<Response> {
  const decision = decide(request, { isPublic: path => path === '/about' })
  if (decision.redirect) return Response.redirect(decision.redirect, 307)
  try {
    const user = await currentUser(request.headers.get('cookie'))
    if (!user) return Response.redirect(address(request.headers, '/login'))
    return new Response(`${user.id} ${liveCursor(request)}`)
  } catch (error) {
    if (error instanceof GatewayUnsure) return new Response(null, { status: error.status })
    throw error
  }
}
export const passed: Promise<Response> = relay(new Request('https://x/live'), { client: '192.0.2.1' })
export const next = (value: unknown): string => isSafePath(value) ? value : '/'
