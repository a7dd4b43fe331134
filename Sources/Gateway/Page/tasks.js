// The list of tasks. A change carries the version it was made from, so that another tab's change is never overwritten unseen.
import { $, call, moment } from '/api.js'
import { toast } from '/toasts.js'

let onProblem, reloading
const own = '/api/tasks/'
const pathOf = task => own + encodeURIComponent(task.id)
const asRead = task => ({ 'if-match': `"${task.version}"` })
// Not every change is an event for its owner: the other tabs hear of them here.
const tabs = new BroadcastChannel('gatecast-tasks')

// MARK: showing

/** `datetime-local` speaks local time without a zone. */
function localText(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function showDue(time, task) {
  if (!task.due_at) return
  const left = new Date(task.due_at) - Date.now()
  time.dateTime = task.due_at
  time.className = task.state === 'done' ? 'hint' : left < 0 ? 'hint late' : left < 3_600_000 ? 'hint soon' : 'hint'
  time.textContent = `${left < 0 && task.state !== 'done' ? 'was due' : 'due'} ${moment(task.due_at)}`
}

function row(task) {
  const item = $('task-item').content.firstElementChild.cloneNode(true)
  const part = selector => item.querySelector(selector)
  item.dataset.id = task.id
  item.classList.toggle('done', task.state === 'done')
  item.classList.toggle('can-change', 'version' in task) // a back end may keep tasks that cannot be changed
  part('.title').textContent = task.title
  showDue(part('time'), task)
  const box = part('input')
  box.checked = task.state === 'done'
  box.setAttribute('aria-label', `Done: ${task.title}`)
  box.addEventListener('change', () => change(task, { state: box.checked ? 'done' : 'open' }))
  part('.edit').setAttribute('aria-label', `Change when it is due: ${task.title}`)
  part('.edit').addEventListener('click', () => reschedule(item, task))
  part('.delete').setAttribute('aria-label', `Delete: ${task.title}`)
  part('.delete').addEventListener('click', () => remove(item, task))
  return item
}

/** @returns {Promise<string>} the cursor of this snapshot */
export async function loadTasks() {
  const { value, cursor } = await call('GET', own)
  // A form that is open in one of the rows stays as it is.
  if (!$('tasks').querySelector('form')) $('tasks').replaceChildren(...value.items.map(row))
  $('no-tasks').hidden = value.items.length > 0
  const open = value.items.filter(task => task.state !== 'done').length
  $('task-count').textContent = value.items.length ? `${open} open` : ''
  return cursor
}

export function clearTasks() {
  $('tasks').replaceChildren()
  $('task-count').textContent = $('task-error').textContent = ''
}

/** Asks for the list again, once for a burst. */
function reloadSoon() {
  clearTimeout(reloading)
  reloading = setTimeout(() => { if (!$('home').hidden) loadTasks().catch(onProblem) }, 100)
}

export function hearTasks(data) {
  if (data?.type?.startsWith('task.')) reloadSoon()
}

// MARK: changing

async function attempt(action) {
  $('task-error').textContent = ''
  try {
    await action()
    tabs.postMessage('changed')
  } catch (error) {
    $('task-error').textContent = error.status === 412 ? 'This task was changed elsewhere meanwhile; here it is as it is now.' : error.message
    if (error.isSignedOut) onProblem(error)
  }
  await loadTasks().catch(onProblem)
}

function change(task, changes) {
  return attempt(() => call('PATCH', pathOf(task), changes, asRead(task)))
}

async function remove(item, task) {
  const next = item.nextElementSibling ?? item.previousElementSibling
  await attempt(async () => {
    const { etag } = await call('DELETE', pathOf(task), undefined, asRead(task))
    const restore = () => call('POST', `${pathOf(task)}/restore`, undefined, { 'if-match': etag })
    toast(`Deleted: ${task.title}`, etag && ['Undo', () => attempt(restore)])
  })
  const row = next && $('tasks').querySelector(`[data-id="${CSS.escape(next.dataset.id)}"] .delete`)
  ;(row ?? $('tasks-title')).focus()
}

function reschedule(item, task) {
  if (item.querySelector('form')) return
  const form = $('due-form').content.firstElementChild.cloneNode(true)
  const field = form.elements.due_at
  if (task.due_at) field.value = localText(new Date(task.due_at))
  const close = () => { form.remove(); item.querySelector('.edit').focus() }
  const save = async due => {
    form.remove()
    await change(task, { due_at: due })
    $('tasks').querySelector(`[data-id="${CSS.escape(task.id)}"] .edit`)?.focus()
  }
  form.addEventListener('submit', event => {
    event.preventDefault()
    save(field.value ? new Date(field.value).toISOString() : null)
  })
  form.querySelector('.clear').addEventListener('click', () => save(null))
  form.querySelector('.cancel').addEventListener('click', close)
  form.addEventListener('keydown', event => { if (event.key === 'Escape') close() })
  item.append(form)
  field.focus()
}

// MARK: adding

function dueOf({ due, due_at }) {
  if (due === 'pick') return due_at ? new Date(due_at).toISOString() : undefined
  return due ? new Date(Date.now() + Number(due) * 60_000).toISOString() : undefined
}

export function startTasks(fail) {
  onProblem = fail
  tabs.addEventListener('message', reloadSoon)
  $('due').addEventListener('change', () => {
    $('pick').hidden = $('due').value !== 'pick'
    if (!$('pick').hidden) $('due-at').value ||= localText(new Date(Date.now() + 3_600_000))
  })
  $('new-task').addEventListener('submit', async event => {
    event.preventDefault()
    const form = event.target
    const fields = Object.fromEntries(new FormData(form))
    const title = fields.title.trim()
    form.elements.title.setAttribute('aria-invalid', String(!title))
    if (!title) {
      $('task-error').textContent = 'A task needs a title.'
      return form.elements.title.focus()
    }
    const due = dueOf(fields)
    await attempt(async () => {
      await call('POST', own, due ? { title, due_at: due } : { title })
      form.reset()
      $('pick').hidden = true
    })
    form.elements.title.focus()
  })
  // What is due changes its looks with time.
  setInterval(() => { if (!$('home').hidden && document.visibilityState === 'visible') loadTasks().catch(() => {}) }, 60_000)
}
