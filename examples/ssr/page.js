// SPDX-License-Identifier: Apache-2.0
// In the browser: goes on where the server's snapshot ends.

import { connectLive } from '/assets/live.js'

const status = document.querySelector('#status'), events = document.querySelector('#events')
const live = connectLive({
  cursor: document.body.dataset.cursor,
  onGap: () => location.reload(), // something was missed: render anew
  onSignedOut: () => location.assign('/'),
})
live.subscribe(show)
live.on('*', (data, { topic }) => events.append(Object.assign(document.createElement('li'), { textContent: `${topic} ${JSON.stringify(data)}` })))
function show() {
  const { phase, transport } = live.getSnapshot()
  status.textContent = transport ? `${phase} (${transport})` : phase
}
show()
