// The services' OpenAPI documents as one page. Nothing is fetched but the documents, through the gateway.
const names = ['users', 'tasks', 'notifications']
const methods = ['get', 'post', 'put', 'patch', 'delete']

function make(tag, className = '', ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

/** One document of all: schemas are named after their service, so that none hides another's. */
export function merge(documents) {
  const merged = { openapi: '3.1.0', info: { title: 'Gatecast', version: '' }, tags: [], paths: {}, components: { schemas: {}, securitySchemes: {} } }
  for (const [service, document] of Object.entries(documents)) {
    const text = JSON.stringify(document).replaceAll('"#/components/schemas/', `"#/components/schemas/${service}.`)
    const own = JSON.parse(text)
    merged.info.version = own.info.version
    merged.tags.push({ name: service, description: own.info.description })
    for (const [name, schema] of Object.entries(own.components?.schemas ?? {})) merged.components.schemas[`${service}.${name}`] = schema
    Object.assign(merged.components.securitySchemes, own.components?.securitySchemes)
    for (const [path, item] of Object.entries(own.paths)) {
      // Of each service's own port, and not routed.
      if (!path.startsWith('/api/')) continue
      for (const operation of Object.values(item)) operation.tags = [service]
      merged.paths[path] = { ...merged.paths[path], ...item }
    }
  }
  return merged
}

function resolved(schema, all, depth = 0) {
  if (Array.isArray(schema)) return schema.map((part) => resolved(part, all, depth))
  if (!schema || typeof schema !== 'object') return schema
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').pop()
    return depth < 4 && all.schemas[name] ? resolved(all.schemas[name], all, depth + 1) : name
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value, all, depth)]))
}

function table(heads, rows) {
  const head = make('tr', '', ...heads.map((text) => Object.assign(make('th', '', text), { scope: 'col' })))
  const lines = rows.map((cells) => make('tr', '', ...cells.map((text) => make('td', '', text))))
  return make('table', '', make('thead', '', head), make('tbody', '', ...lines))
}

function shape(schema, all) {
  return make('pre', '', JSON.stringify(resolved(schema, all), null, 2))
}

function entry(path, method, operation, all) {
  const body = make('div', 'body')
  if (operation.parameters) {
    const rows = operation.parameters.map((one) => [`${one.name}${one.required ? ' *' : ''}`, one.in, JSON.stringify(one.schema), one.description])
    body.append(make('h3', '', 'Parameters'), table(['name', 'in', 'schema', 'meaning'], rows))
  }
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    body.append(make('h3', '', `Body: ${type}`), shape(schema, all))
  }
  body.append(make('h3', '', 'Answers'), table(['status', 'meaning'], Object.entries(operation.responses).map(([status, one]) => [status, one.description])))
  for (const [status, answer] of Object.entries(operation.responses)) {
    const schema = answer.content?.['application/json']?.schema
    if (schema) body.append(make('h3', '', `${status}: application/json`), shape(schema, all))
  }
  const summary = make('summary', '', make('span', 'method', method.toUpperCase()), make('span', 'path', path), make('span', 'hint', operation.summary ?? ''))
  return make('details', '', summary, body)
}

function show(merged) {
  const sections = merged.tags.map((tag) => {
    const entries = Object.entries(merged.paths).flatMap(([path, item]) =>
      methods.filter((method) => item[method]?.tags.includes(tag.name)).map((method) => entry(path, method, item[method], merged.components)))
    return make('section', '', make('h2', '', tag.name), make('p', 'hint', tag.description ?? ''), ...entries)
  })
  document.getElementById('services').replaceChildren(...sections)
}

const documents = {}
const missing = []
for (const name of names) {
  try {
    const answer = await fetch(`/docs/${name}/`)
    if (!answer.ok) throw new Error(answer.status)
    documents[name] = await answer.json()
  } catch {
    missing.push(name)
  }
}
show(merge(documents))
document.getElementById('state').textContent = missing.length ? `No document from: ${missing.join(', ')}.` : ''
