// SPDX-License-Identifier: Apache-2.0

/** The gateway is not sure just now. Show an error page with this status: unsure is not signed out. */
export class GatewayUnsure extends Error {
  readonly status: 503
}

export interface User {
  readonly id: string
  readonly [field: string]: unknown
}

/** Calls a path of the gateway's internal listener (`GATECAST_INTERNAL`) as the visitor whose `Cookie` header this is. */
export function fetchAs(cookie: string | null | undefined, path: string, init?: RequestInit): Promise<Response>

/**
 * The visitor, or null when nobody is signed in. Ask on every render.
 * @throws GatewayUnsure
 */
export function currentUser(cookie: string | null | undefined): Promise<User | null>
