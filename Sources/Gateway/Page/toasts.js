// Short news in the corner. They go by themselves, but not from under a pointer or the focus.
import { $, make } from '/api.js'

const life = 7000
const most = 3

/** @param {[string, () => void]} [action] a button that does something about it */
export function toast(text, action) {
  const item = $('toast-item').content.firstElementChild.cloneNode(true)
  item.querySelector('p').textContent = text
  if (action) {
    const button = Object.assign(make('button', 'plain', action[0]), { type: 'button' })
    button.addEventListener('click', () => { item.remove(); action[1]() })
    item.querySelector('p').after(button)
  }
  const leave = () => { if (item.matches(':hover, :focus-within')) setTimeout(leave, 1000); else item.remove() }
  item.querySelector('.icon').addEventListener('click', () => item.remove())
  $('toasts').append(item)
  while ($('toasts').childElementCount > most) $('toasts').firstElementChild.remove()
  setTimeout(leave, life)
}

export const clearToasts = () => $('toasts').replaceChildren()
