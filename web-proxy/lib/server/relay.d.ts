// SPDX-License-Identifier: Apache-2.0

export interface RelayOptions {
  /** The browser's address, for the gateway's limits and logs. */
  client?: string
  /** Of this site. Default: as the request's own forwarded headers say. */
  origin?: string
}

/** Passes a request on to the gateway's internal listener and its answer back, streams and all; 502 where there is no gateway. */
export function relay(request: Request, options?: RelayOptions): Promise<Response>
