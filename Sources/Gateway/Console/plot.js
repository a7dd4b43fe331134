// A small line plot in SVG, drawn by attributes alone: the policy of this page allows no inline style.

const svg = (name, attributes) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

const [width, height] = [300, 64]

/** The next round number (1, 2 or 5 times a power of ten) that is no smaller: scales then move rarely. */
export function roundUp(value) {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value * 0.999)
}

/** Lines over the last `capacity` samples; the newest is at the right edge. */
export class Plot {
  /** @param {string[]} names one for each line, at most three */
  constructor(names, capacity = 90) {
    this.names = names
    this.capacity = capacity
    this.samples = []
    this.element = svg('svg', { class: 'plot', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' })
    const ground = svg('line', { class: 'ground', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 })
    this.area = svg('path', { class: 'area' })
    this.lines = names.map((_, index) => svg('path', { class: ['first', 'second', 'third'][index] }))
    this.element.append(ground, this.area, ...this.lines)
  }

  get top() { return roundUp(Math.max(0, ...this.samples.flat().filter(Number.isFinite))) }

  /** @param {(number | undefined)[]} values one for each line; undefined leaves a hole */
  add(values) {
    this.samples.push(values)
    if (this.samples.length > this.capacity) this.samples.shift()
    this.draw()
  }

  clear() { this.samples = []; this.draw() }

  draw() {
    const [top, first] = [this.top, this.capacity - this.samples.length]
    const point = (value, index) => `${(((first + index) / (this.capacity - 1)) * width).toFixed(1)} ${(height - 2 - (value / top) * (height - 6)).toFixed(1)}`
    this.lines.forEach((line, nth) => {
      let path = '', isDown = false
      this.samples.forEach((values, index) => {
        const value = values[nth]
        if (!Number.isFinite(value)) { isDown = false; return }
        path += `${isDown ? 'L' : 'M'}${point(value, index)}`
        isDown = true
      })
      line.setAttribute('d', path)
      if (nth === 0) this.area.setAttribute('d', this.areaUnder(path))
    })
  }

  /** Each unbroken stretch of the line, closed along the ground. */
  areaUnder(path) {
    return path.split('M').filter(Boolean).map(stretch => {
      const points = stretch.split('L')
      return `M${points[0].split(' ')[0]} ${height}L${points.join('L')}L${points.at(-1).split(' ')[0]} ${height}Z`
    }).join('')
  }
}
