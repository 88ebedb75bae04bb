/** The members that sk167210 gives a Generic Data Center's file, as a JSON Schema; and stable ids. */
import { Ajv } from 'ajv'
import { validate as isUuid, version as uuidVersion } from 'uuid'
import { describe, expect, it } from 'vitest'
import { checkpointGdc } from '../../exporters/checkpoint-gdc.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { exportInput, prefixes, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { networksOf, textOf } from '../support/plain-list.ts'

interface DataCenter {
  readonly version: string
  readonly description: string
  readonly objects: readonly {
    readonly name: string
    readonly id: string
    readonly description: string
    readonly ranges: readonly string[]
  }[]
}

const text = { type: 'string', pattern: '^[ -~]+$' }

const isDataCenter = new Ajv({ strict: true }).compile<DataCenter>({
  type: 'object',
  additionalProperties: false,
  required: ['version', 'description', 'objects'],
  properties: {
    version: { const: '1.0' },
    description: text,
    objects: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'id', 'ranges'],
        properties: {
          name: { type: 'string', pattern: '^[a-z0-9][a-z0-9.-]*_ipv[46]$' },
          id: { type: 'string' },
          description: text,
          ranges: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
        },
      },
    },
  },
})

function read(file: ExportFile): DataCenter {
  const parsed: unknown = JSON.parse(textOf(file))
  if (!isDataCenter(parsed)) throw new Error(JSON.stringify(isDataCenter.errors))
  for (const { name, id, ranges } of parsed.objects) {
    expect(isUuid(id) && uuidVersion(id) === 5, id).toBe(true)
    const isSix = name.endsWith('_ipv6')
    for (const range of ranges) expect(range.includes(':'), `${range} in ${name}`).toBe(isSix)
  }
  expect(new Set(parsed.objects.map(({ id }) => id)).size).toBe(parsed.objects.length)
  return parsed
}

formatLaws({
  exporter: checkpointGdc,
  read: (file) => ({ addresses: networksOf(read(file).objects.flatMap(({ ranges }) => ranges)) }),
  words: (file) => read(file).description,
})

describe('checkpoint-gdc: objects', () => {
  const idsOf = (given: Partial<ExportInput>): Record<string, string> =>
    Object.fromEntries(
      read(renderText(checkpointGdc, exportInput(given))).objects.map(({ name, id }) => [name, id]),
    )
  const both = { prefixes: prefixes('20.0.0.0/24', '2001:db8::/32') }

  it('have the ids that they have had since the first release', () => {
    expect(idsOf({ ...both, name: 'app-proxy-ip' })).toMatchInlineSnapshot(`
      {
        "app-proxy-ip_ipv4": "25f265aa-c83e-5f15-8f27-4b69d4660e67",
        "app-proxy-ip_ipv6": "1b4e5d46-2f57-5acf-be9e-557e42d546b4",
      }
    `)
  })

  it('keep their ids when the content changes', () => {
    const later = {
      prefixes: prefixes('40.0.0.0/16', '2001:db8:1::/48'),
      version: { serial: 8, snapshot: 'public-20251104-00000000' },
      tags: ['ServiceBus'],
    }
    expect(idsOf(later)).toEqual(idsOf(both))
  })

  it('have other ids in another list, cloud and family', () => {
    const lists = [{}, { name: 'a.b' }, { name: 'a-b' }, { cloud: 'China' as const }]
    const ids = lists.flatMap((list) => Object.values(idsOf({ ...both, ...list })))
    expect(new Set(ids).size).toBe(2 * lists.length)
  })

  it('are never empty: a family that is not there is left out, and comes back under its id', () => {
    const four = idsOf({ prefixes: prefixes('20.0.0.0/24') })
    expect(Object.keys(four)).toEqual(['synthetic-list_ipv4'])
    expect(idsOf(both)).toMatchObject(four)
    expect(Object.keys(idsOf({ prefixes: SHAPES['v6-only'].prefixes }))).toEqual([
      'synthetic-list_ipv6',
    ])
  })
})
