/** Prometheus' text format, read strictly: what a line may be, and nothing else. */

export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  /** Of every metric, whether or not it has a series now. */
  readonly types: ReadonlyMap<string, string>
  readonly helps: ReadonlyMap<string, string>
  readonly series: readonly Series[]
  /** The value of the one series that has these labels, among others; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y

/** @throws for a line that is none */
export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const series: Series[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, about, of, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (about !== undefined && of !== undefined && rest !== undefined) {
      const into = about === 'HELP' ? helps : types
      if (into.has(of)) throw new Error(`${about} ${of} twice`)
      into.set(of, rest)
      continue
    }
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`no line of metrics: ${line}`)
    series.push({ name, labels: labelsOf(labels, line), value: numberOf(value) })
  }
  return {
    types,
    helps,
    series,
    value(name, labels = {}) {
      const found = series.filter(
        (one) =>
          one.name === name && Object.entries(labels).every(([key, of]) => one.labels[key] === of),
      )
      if (found.length > 1) throw new Error(`${name} has several such series`)
      return found[0]?.value
    },
  }
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name, value] = LABEL.exec(text) ?? []
    if (name === undefined || value === undefined) throw new Error(`no labels: ${line}`)
    labels[name] = value
  }
  return labels
}

function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity
  if (text === '-Inf') return -Infinity
  const value = Number(text)
  if (Number.isNaN(value) && text !== 'Nan' && text !== 'NaN') throw new Error(`no number: ${text}`)
  return value
}
