// The admin API with the operator's token, which lives in this closure and nowhere else.

/** The gateway said no, or could not be reached: `status` is 0 then. */
export class AdminError extends Error {
  constructor(status, text) {
    super(text)
    this.status = status
  }
}

/** @param {string} token the admin token */
export function adminApi(token) {
  async function ask(path, { accept = [200], signal, ...init } = {}) {
    let answer
    try {
      // A gateway that hangs is one that is away: nothing here may wait for ever. A stream has a signal of its own.
      const options = { cache: 'no-store', credentials: 'omit', redirect: 'error', signal: signal ?? AbortSignal.timeout(10_000) }
      answer = await fetch(path, { ...init, ...options, headers: { authorization: `Bearer ${token}` } })
    } catch (error) {
      throw new AdminError(0, signal?.aborted ? 'stopped' : 'The gateway does not answer.')
    }
    if (accept.includes(answer.status)) return answer
    const problem = await answer.json().catch(() => ({}))
    throw new AdminError(answer.status, problem.detail ?? `The gateway answered ${answer.status}.`)
  }
  return {
    json: async (path, options) => (await ask(path, options)).json(),
    text: async path => (await ask(path)).text(),
    post: async (path, body) => (await ask(path, { method: 'POST', body })).json(),
    stream: async (path, signal) => (await ask(path, { signal })).body,
  }
}
