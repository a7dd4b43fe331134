// SPDX-License-Identifier: Apache-2.0

/** Where a connection is, shaped for `useSyncExternalStore`: the same object until something changes. */
export interface LiveStatus {
  /**
   * `connecting`, `live`, `retrying` (after `retryIn`), `paused` (the browser is offline, or the page lies in the back/forward cache);
   * and for good: `signed-out`, `closed`.
   */
  readonly phase: 'connecting' | 'live' | 'retrying' | 'paused' | 'signed-out' | 'closed'
  readonly transport: 'websocket' | 'sse' | 'poll' | null
  /** Milliseconds from when this status was set. */
  readonly retryIn: number
  /** The name of a close code (docs/live-protocol.md), `other_user`, or null where nobody said why. */
  readonly reason: string | null
  /** Whether this tab holds the connection for all of them. */
  readonly leads: boolean
}

export interface LiveEvent<Data = unknown> {
  /** The cursor after this event; ephemeral events have none. */
  readonly id?: string
  readonly topic: string
  readonly data: Data
}

/**
 * Something was missed: fetch again over REST. `why` is the gateway's (`trimmed`, `reset`, `lag`, `unreadable`), or `joined` where this page's
 * own memory does not reach back far enough. `topic` may be `*`.
 */
export type GapHandler = (topic: string, why: 'trimmed' | 'reset' | 'lag' | 'unreadable' | 'joined' | (string & {})) => void

export interface LiveOptions {
  /** Absolute, or relative to the page. Default `/live`. */
  url?: string
  /** Beside `user.<id>`, which everyone who is logged in has. A topic that is refused here refuses the connection. */
  topics?: readonly string[]
  /** Where to begin: `Live-Cursor` of the answer that the page shows. Default: where this tab was before it was loaded again, else now. */
  cursor?: string
  onGap?: GapHandler
  /** The session has ended, here or elsewhere: `session_ended`, `login_required`, or `other_user` where another one has logged in. Once; then it is closed. */
  onSignedOut?: (reason: string | null) => void
  /** A topic asked for by `on` is not for this user, or is no more. */
  onDenied?: (topic: string, name: string) => void
  /** The session ends in so many seconds unless it is used. */
  onExpiring?: (seconds: number) => void
  /** One connection for all tabs of this browser, by Web Locks and BroadcastChannel where there are both. Default true. */
  share?: boolean
}

export interface LiveConnection {
  /**
   * Subscribes while somebody listens. `topic` as in the protocol: it may end in `.*`; `*` hears all that comes and subscribes to nothing.
   * Errors that `fn` throws are reported and change nothing.
   *
   * @param options.cursor where what the listener already has ends: it gets what came since, or `onGap` is called.
   * @returns ends it.
   */
  on<Data = unknown>(topic: string, fn: (data: Data, event: LiveEvent<Data>) => void, options?: { cursor?: string }): () => void
  /** Called at each change of the status. @returns ends it. */
  subscribe(fn: () => void): () => void
  getSnapshot(): LiveStatus
  /** The last handled position, for whoever wants to begin there elsewhere. Empty before the first. */
  readonly cursor: string
  /** For good. */
  close(): void
}

/** With a compiler that knows `using`, `close` is done by it. */
type Disposal = SymbolConstructor extends { readonly dispose: infer S extends symbol } ? { readonly [K in S]: () => void } : {}
export type Live = LiveConnection & Disposal

/**
 * One connection to Gatecast: WebSocket, else server-sent events, else long-poll; it resumes after cuts, comes back when the gateway says, and
 * never forgets to tell what it has missed. Every event is handled at least once; repeated ids are dropped.
 */
export function connectLive(options?: LiveOptions): Live
