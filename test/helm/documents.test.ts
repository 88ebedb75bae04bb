/** What is generated for the chart: every value is explained, every setting admitted. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  chartReadme,
  chartSchema,
  chartValues,
  SETTINGS_OF_THE_CHART,
} from '../../scripts/helm-readme.ts'
import { describeSettings } from '../../src/config.ts'
import { CHART } from '../support/helm.ts'

interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: unknown
  readonly definitions?: Readonly<Record<string, Schema>>
}

function file(name: string): string {
  return readFileSync(join(CHART, name), 'utf8')
}

const schema = JSON.parse(file('values.schema.json')) as Schema

/** The schemas below one, by the path to each. */
function inner(one: Schema, path = ''): [string, Schema][] {
  const members = Object.entries({ ...one.properties, ...one.definitions })
  return [
    [path, one],
    ...members.flatMap(([name, member]) => inner(member, `${path}/${name}`)),
    ...(one.items ? inner(one.items, `${path}[]`) : []),
  ]
}

describe('the chart', () => {
  it('is of the version of the program', () => {
    const { version, appVersion } = parse(file('Chart.yaml')) as Record<string, unknown>
    const { version: ours } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      version: string
    }
    expect({ version, appVersion }).toEqual({ version: ours, appVersion: ours })
  })

  it('tells Artifact Hub what it is, in texts', () => {
    const { annotations } = parse(file('Chart.yaml')) as { annotations: Record<string, unknown> }
    for (const [name, value] of Object.entries(annotations)) {
      expect(name).toMatch(/^artifacthub\.io\/[a-zA-Z]+$/)
      expect(value).toBeTypeOf('string')
    }
    expect(parse(String(annotations['artifacthub.io/images']))).toEqual([
      { name: 'rangewarden', image: 'rangewarden:0.1.0' },
    ])
    for (const change of parse(String(annotations['artifacthub.io/changes'])) as object[]) {
      expect(change).toEqual({
        kind: expect.stringMatching(
          /^(added|changed|deprecated|removed|fixed|security)$/,
        ) as string,
        description: expect.any(String) as string,
      })
    }
  })
})

describe('the README', () => {
  it('is what the generator writes', () => {
    expect(file('README.md')).toBe(chartReadme())
  })

  it('has a row for every value', () => {
    const values = chartValues(file('values.yaml'))
    for (const { key, description } of values) {
      expect(description, key).toMatch(/^[A-Z0-9`].*\.$/)
      expect(file('README.md')).toContain(`| \`${key}\` | `)
    }
    const top = new Set(values.map(({ key }) => key.split('.')[0]))
    expect([...top]).toEqual(Object.keys(parse(file('values.yaml')) as object))
  })

  it('says which values no upgrade changes: those in the claim template of the StatefulSet', () => {
    const volume = chartValues(file('values.yaml')).filter(({ key }) => /^persistence\./.test(key))
    expect(volume.length).toBeGreaterThan(0)
    for (const { key, description } of volume) expect(description, key).toContain('No upgrade ')
    expect(file('README.md')).toContain('--cascade=orphan')
  })

  it('upgrades with the new values of a new chart', () => {
    expect(file('README.md')).toContain('--reset-then-reuse-values')
    expect(file('README.md')).not.toContain(' --reuse-values')
  })

  it('refuses a value that nothing is said of', () => {
    const text =
      '# -- One.\none: 1\n\n# A group.\nmore:\n  # -- Two,\n  # in two lines.\n  two: []\n'
    expect(chartValues(text)).toEqual([
      { key: 'one', type: 'integer', standard: '1', description: 'One.' },
      { key: 'more.two', type: 'list', standard: '[]', description: 'Two, in two lines.' },
    ])
    expect(() => chartValues(`${text}  three: ''\n`)).toThrow('says nothing of more.three')
    expect(() => chartValues(`# A remark.\nfour: {}\n`)).toThrow('says nothing of four')
  })
})

describe('the schema', () => {
  it('is what the generator writes', async () => {
    expect(file('values.schema.json')).toBe(await chartSchema())
  })

  it('admits exactly the settings of the service that are not the chart’s own', () => {
    const own = describeSettings().map(({ name }) => name)
    const admitted = Object.keys(schema.properties?.['settings']?.properties ?? {})
    expect([...admitted, ...SETTINGS_OF_THE_CHART].sort()).toEqual(own.toSorted())
  })

  it('knows every value, and no other', () => {
    const known = inner(schema).map(([path]) => path.slice(1).replaceAll('/', '.'))
    const values = chartValues(file('values.yaml')).map(({ key }) => key)
    for (const key of values) expect(known).toContain(key)
    const properties = Object.keys(schema.properties ?? {}).filter((name) => name !== 'global')
    expect(properties).toEqual(Object.keys(parse(file('values.yaml')) as object))
  })

  it('admits no member that it does not name, but in maps that are free', () => {
    const open = inner(schema).filter(
      ([, one]) => one.properties !== undefined && one.additionalProperties !== false,
    )
    expect(open.map(([path]) => path)).toEqual([])
  })
})
