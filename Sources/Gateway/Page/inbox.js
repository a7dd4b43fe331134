// The bell: unread notices are counted by the server; what arrives live brings the new count along.
import { $, call, make, moment } from '/api.js'

let onProblem

function showUnread(count) {
  $('unread').textContent = count > 99 ? '99+' : count
  $('unread').hidden = !count
  $('bell').setAttribute('aria-label', count ? `Notifications, ${count} unread` : 'Notifications')
  $('read-all').disabled = !count
  document.title = count ? `(${count}) Gatecast` : 'Gatecast'
}

function row(notice) {
  const item = make('li', notice.read_at ? '' : 'unread')
  const text = make('div')
  text.append(notice.title, make('span', 'meta', moment(notice.created_at)))
  item.append(text)
  if (!notice.read_at) {
    const button = make('button', 'plain', 'Read')
    button.type = 'button'
    button.setAttribute('aria-label', `Mark as read: ${notice.title}`)
    button.addEventListener('click', () => act(`/api/notifications/${encodeURIComponent(notice.id)}/read`))
    item.append(button)
  }
  return item
}

async function act(path) {
  $('inbox-error').textContent = ''
  try {
    await call('POST', path)
    await loadInbox()
    // What had the focus may be gone.
    if (!$('inbox').contains(document.activeElement)) ($('notices').querySelector('button') ?? $('bell')).focus()
  } catch (error) {
    $('inbox-error').textContent = error.message
    onProblem(error)
  }
}

export async function loadInbox() {
  const { value } = await call('GET', '/api/notifications/')
  $('notices').replaceChildren(...value.items.map(row))
  $('no-notices').hidden = value.items.length > 0
  showUnread(value.unread)
}

export function clearInbox() {
  if ($('inbox').matches(':popover-open')) $('inbox').hidePopover()
  $('notices').replaceChildren()
  showUnread(0)
}

/** A live event that says how many are unread now. */
export function hearInbox(data) {
  if (typeof data?.unread !== 'number') return
  showUnread(data.unread)
  loadInbox().catch(onProblem)
}

export function startInbox(fail) {
  onProblem = fail
  $('read-all').addEventListener('click', () => act('/api/notifications/read-all'))
}
