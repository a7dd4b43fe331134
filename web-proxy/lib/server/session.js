// SPDX-License-Identifier: Apache-2.0
// Who is asking, for code that renders pages on the server. Plain JavaScript, Node 18 or later, no packages.

/** Where the gateway's internal listener is: reachable from this process, from nowhere else. */
const gateway = process.env.GATECAST_INTERNAL ?? "http://127.0.0.1:9080";

/** The gateway is not sure just now: show an error page with this status, never a signed-out one. */
export class GatewayUnsure extends Error {
  constructor(status) {
    super(`the gateway answered ${status}`);
    this.status = 503;
  }
}

/** Calls a path of the gateway as the visitor whose `Cookie` header this is; tokens are the gateway's business. */
export function fetchAs(cookie, path, init = {}) {
  const headers = { ...init.headers, ...(cookie ? { cookie } : {}) };
  return fetch(gateway + path, { ...init, headers, cache: "no-store", redirect: "manual" });
}

/** The visitor, or null when nobody is signed in. Ask on every render: the answer is only true now. */
export async function currentUser(cookie) {
  if (!cookie) return null;
  const answer = await fetchAs(cookie, "/auth/session");
  if (answer.status !== 200) throw new GatewayUnsure(answer.status);
  const session = await answer.json();
  return session.authenticated ? session.user : null;
}
