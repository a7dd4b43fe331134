// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http'

/** @param origin of this site, `https://localhost:3443`. */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse, origin: string): Request

/** Ends when the response has been written, or the client has gone. */
export function send(outgoing: ServerResponse, response: Response): Promise<void>
