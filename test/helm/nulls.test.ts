/** A value that is set to null, as `--set name=null` does: its default is gone. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { chartValues } from '../../scripts/helm-readme.ts'
import { describeWith } from '../support/requirements.ts'
import { CHART, helm, renderText, type Json, type Rendering, type Values } from '../support/helm.ts'

const TEXT = readFileSync(join(CHART, 'values.yaml'), 'utf8')
const DEFAULTS = parse(TEXT) as Values
const VALUES = chartValues(TEXT).map(({ key }) => key)
const GROUPS = [...new Set(VALUES.flatMap(above))]

/** Values that may not be missing although they are empty unless set. */
const READ = ['settings']

const EMPTY = VALUES.filter((path) => isEmpty(defaultOf(path)) && !READ.includes(path))
const NEEDED = VALUES.filter((path) => !EMPTY.includes(path))

/** `a` and `a.b` for `a.b.c`. */
function above(path: string): string[] {
  const names = path.split('.')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('.'))
}

function defaultOf(path: string): Json {
  return path
    .split('.')
    .reduce<Json>(
      (value, name) => (value as Readonly<Record<string, Json>>)[name] ?? null,
      DEFAULTS,
    )
}

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (typeof value === 'object' && !Object.keys(value).length)
}

/** Values in which these paths are null, and nothing else is said. */
function nulls(paths: readonly string[]): Values {
  const root: Record<string, Json> = {}
  for (const path of paths) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let map = root
    for (const name of names) map = (map[name] ??= {}) as Record<string, Json>
    map[last] = null
  }
  return root
}

/** The paths that helm calls missing, in its order; throws where it says anything else. */
function missing(values: Values): string[] {
  let words = 'it was not refused'
  try {
    renderText({ values })
  } catch (error) {
    words = (error as Error).message
  }
  // A line of its own for each place within one that has several.
  const lines = words.split('\n').filter((line) => /^ *- at .*(?<! failed)$/.test(line))
  if (lines.length === 0) throw new Error(words)
  return lines.flatMap((line) => {
    const [, place = '', names] = /^ *- at '(.*)': missing propert(?:y|ies) (.*)$/.exec(line) ?? []
    if (names === undefined) throw new Error(words)
    const prefix = place.slice(1).replaceAll('/', '.')
    return [...names.matchAll(/'([^']+)'/g)].map(([, name = '']) =>
      prefix === '' ? name : `${prefix}.${name}`,
    )
  })
}

describeWith([helm], 'null', () => {
  const postgresql = { mode: 'postgresql', existingSecret: 'd' }

  it.each<[string, Rendering]>([
    ['with the embedded database', { apis: ['monitoring.coreos.com/v1'] }],
    ['on PostgreSQL', { values: { database: postgresql } }],
  ])('is what is empty by default, %s', (_, rendering) => {
    expect(EMPTY.length).toBeGreaterThan(30)
    const values = { ...nulls(EMPTY), ...rendering.values }
    expect(renderText({ ...rendering, values })).toBe(renderText(rendering))
  })

  it('is refused by name for everything else', () => {
    expect(NEEDED.length).toBeGreaterThan(30)
    expect(missing(nulls(NEEDED)).sort()).toEqual(NEEDED.toSorted())
  })

  it('is refused by name for groups of values', () => {
    for (const depth of [1, 2, 3]) {
      const groups = GROUPS.filter((path) => path.split('.').length === depth)
      expect(groups.length).toBeGreaterThan(0)
      expect(missing(nulls(groups))).toEqual(expect.arrayContaining(groups))
    }
    expect(GROUPS.filter((path) => path.split('.').length > 3)).toEqual([])
  })

  it('is refused for what another value asks for', () => {
    const database = { mode: 'postgresql', existingSecret: null }
    expect(missing({ database })).toEqual(['database.existingSecret'])
    expect(missing({ ingress: { enabled: true, hosts: null } })).toEqual(['ingress.hosts'])
  })
})
