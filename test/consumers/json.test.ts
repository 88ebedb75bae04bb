/** JSON, as strict as a program can be: a schema in which every member is named and required. */
import { Ajv, type AnySchema } from 'ajv'
import { json } from '../../exporters/json.ts'
import { formatLaws } from '../support/format-laws.ts'
import { networksOf, textOf } from '../support/plain-list.ts'

const TEXT = { type: 'string' } as const
const COUNT = { type: 'integer', minimum: 0 } as const
const TEXTS = { type: 'array', items: TEXT } as const

/** Every member is always there, and there is no other. */
function members(properties: Record<string, AnySchema>): AnySchema {
  const required = Object.keys(properties)
  return { type: 'object', properties, required, additionalProperties: false }
}

function orNull(schema: AnySchema): AnySchema {
  return { anyOf: [schema, { type: 'null' }] }
}

function listOf(items: AnySchema): AnySchema {
  return { type: 'array', items }
}

const PORTS = listOf({ type: 'string', pattern: '^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$' })
const NETWORKS = members({
  ipv4: listOf({ type: 'string', pattern: '^[0-9.]+/[0-9]+$' }),
  ipv6: listOf({ type: 'string', pattern: '^[0-9a-f:]+/[0-9]+$' }),
})
const COUNTS = members({ ipv4: COUNT, ipv6: { type: 'string', pattern: '^(0|[1-9][0-9]*)$' } })
const PERCENT = { type: 'number', minimum: 0 }

const SCHEMA = members({
  list: { type: 'string', pattern: '^[a-z0-9][a-z0-9.-]*$' },
  cloud: { enum: ['Public', 'AzureGovernment', 'China'] },
  version: members({ serial: orNull(COUNT), snapshot: orNull(TEXT), content: orNull(TEXT) }),
  destinations: { enum: ['listed', 'any'] },
  names: listOf(members({ name: TEXT, ports: PORTS })),
  prefixes: NETWORKS,
  leaving: listOf(members({ lastDay: TEXT, prefixes: NETWORKS })),
  widened: orNull(
    members({
      entries: COUNT,
      lossless: COUNT,
      addresses: COUNTS,
      percent: members({ ipv4: PERCENT, ipv6: PERCENT }),
      prefixes: NETWORKS,
    }),
  ),
  shard: orNull(members({ index: COUNT, of: COUNT })),
  addresses: COUNTS,
  uncovered: TEXTS,
  tags: TEXTS,
  missingTags: TEXTS,
  emptyTags: TEXTS,
  kept: orNull(members({ snapshot: TEXT, fileDate: TEXT })),
  rolledBack: orNull(members({ snapshot: TEXT, fileDate: TEXT, until: orNull(TEXT) })),
  required: listOf(
    members({
      service: TEXT,
      name: TEXT,
      path: orNull(TEXT),
      ports: PORTS,
      purpose: TEXT,
      phase: TEXT,
      tags: TEXTS,
      note: orNull(TEXT),
      sources: listOf(members({ title: TEXT, url: TEXT, date: TEXT })),
    }),
  ),
})

const validate = new Ajv({ strict: true, allErrors: true }).compile(SCHEMA)

interface Document {
  readonly names: readonly { readonly name: string }[]
  readonly prefixes: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }
}

formatLaws({
  exporter: json,
  read: (file) => {
    const document: unknown = JSON.parse(textOf(file))
    if (!validate(document)) throw new Error(JSON.stringify(validate.errors))
    const { names, prefixes } = document as Document
    return {
      addresses: networksOf([...prefixes.ipv4, ...prefixes.ipv6]),
      names: names.map(({ name }) => name),
    }
  },
  words: 'none',
})
