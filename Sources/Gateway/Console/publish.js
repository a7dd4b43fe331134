// The form that publishes a test event.

const topicRule = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,7}$/

/** What is wrong with the fields, by their names; nothing where all is well. */
export function check({ topic, data }) {
  if (!topicRule.test(topic)) return ['topic', 'A topic is one to eight words of letters, digits, _ and -, joined by dots: user.1']
  try { JSON.parse(data) } catch (error) { return ['data', `This is no JSON: ${error.message}`] }
  return undefined
}

/** @param {HTMLFormElement} form @param {HTMLElement} answer @param {() => {post: Function}} api */
export function publishForm(form, answer, api) {
  const say = (tone, text) => {
    answer.className = `answer ${tone}`
    answer.textContent = text
  }
  form.addEventListener('submit', async event => {
    event.preventDefault()
    const { topic, data, ephemeral } = form.elements
    for (const field of [topic, data]) field.removeAttribute('aria-invalid')
    const wrong = check({ topic: topic.value, data: data.value })
    if (wrong) {
      form.elements[wrong[0]].setAttribute('aria-invalid', 'true')
      form.elements[wrong[0]].focus()
      return say('bad', wrong[1])
    }
    const button = form.querySelector('button')
    button.disabled = true
    try {
      // The data goes as it was typed: what subscribers get are its own bytes.
      const body = `{"topic":${JSON.stringify(topic.value)},"data":${data.value},"ephemeral":${ephemeral.checked}}`
      const { id } = await api().post('/publish', body)
      say('good', id ? `Published as ${id}.` : 'Sent to everybody who is connected now.')
    } catch (error) {
      say('bad', error.message)
    } finally {
      button.disabled = false
    }
  })
}
