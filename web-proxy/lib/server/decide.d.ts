// SPDX-License-Identifier: Apache-2.0

export interface DecideOptions {
  /** Path of the login page. Default `/login`. */
  login?: string
  /** Pages for everybody. Default: none but the login page. */
  isPublic?: (path: string) => boolean
  /** Milliseconds, for tests. */
  now?: number
}

export type Decision = { pass: true; redirect?: undefined } | { pass?: undefined; redirect: string }

/** Signed-out document requests go to the login page (307) with `next`; all else passes. The page itself must still ask who is there. */
export function decide(request: Request, options?: DecideOptions): Decision

/** Whether the visitor's cookies hint at a session that has not run out. */
export function seemsSignedIn(cookie: string | null | undefined, now?: number): boolean
