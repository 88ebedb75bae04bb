/**
 * A second opinion on what a service-tags document may say, written from the measured facts about
 * the feed and from other people's code: JSON Schema by ajv, addresses by Node's `net` and WHATWG
 * URL. It shares no code with `src`, so that a fault there is not repeated here.
 */
import { isUtf8 } from 'node:buffer'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { Ajv } from 'ajv'

export interface SecondTag {
  readonly name: string
  readonly region: string
  readonly regionId: number
  readonly systemService: string
  /** A sorted set. */
  readonly networkFeatures: readonly string[]
  /** Canonical, a sorted set. */
  readonly prefixes: readonly string[]
}

export interface SecondDocument {
  readonly cloud: string
  readonly changeNumber: number
  readonly tags: readonly SecondTag[]
}

export type SecondOpinion<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

const PLAIN = { type: 'string', maxLength: 128, pattern: '^[ -~]*$' }
const COUNT = { type: 'integer', minimum: 0, maximum: 2_147_483_647 }

/** Keys of every file since 2019; `regionId` and `networkFeatures` are younger. Others may come. */
const SCHEMA = {
  type: 'object',
  required: ['changeNumber', 'cloud', 'values'],
  properties: {
    changeNumber: COUNT,
    cloud: { enum: ['Public', 'AzureGovernment', 'China', 'AzureGermany'] },
    values: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'properties'],
        properties: {
          name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' },
          id: PLAIN,
          properties: {
            type: 'object',
            required: ['region', 'systemService', 'addressPrefixes'],
            properties: {
              changeNumber: COUNT,
              region: PLAIN,
              regionId: { anyOf: [{ type: 'null' }, COUNT] },
              platform: PLAIN,
              systemService: PLAIN,
              addressPrefixes: { type: 'array', items: { type: 'string' } },
              networkFeatures: {
                anyOf: [{ type: 'null' }, { type: 'array', items: PLAIN }],
              },
            },
          },
        },
      },
    },
  },
}

interface SchemaDocument {
  readonly changeNumber: number
  readonly cloud: string
  readonly values: readonly {
    readonly name: string
    readonly properties: {
      readonly region: string
      readonly regionId?: number | null
      readonly systemService: string
      readonly addressPrefixes: readonly string[]
      readonly networkFeatures?: readonly string[] | null
    }
  }[]
}

const fits = new Ajv({ strict: true, allowUnionTypes: false }).compile<SchemaDocument>(SCHEMA)

export function secondReading(bytes: Uint8Array): SecondOpinion<SecondDocument> {
  if (!isUtf8(bytes)) return no('not UTF-8')
  let json: unknown
  try {
    json = JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    )
  } catch {
    return no('not JSON')
  }
  if (!fits(json)) {
    const [error] = fits.errors ?? []
    return no(`schema: ${error?.instancePath ?? ''} ${error?.message ?? ''}`)
  }
  const names = json.values.map(({ name }) => name.toLowerCase())
  if (new Set(names).size < names.length) return no('a tag twice')
  const tags: SecondTag[] = []
  for (const { name, properties } of json.values) {
    const prefixes: string[] = []
    for (const text of properties.addressPrefixes) {
      const opinion = secondPrefix(text)
      if (!opinion.ok) return no(`${name}: ${opinion.why}`)
      prefixes.push(opinion.value)
    }
    const set = new Set(prefixes)
    if (set.size < prefixes.length) return no(`${name}: a prefix twice`)
    const { region, systemService, networkFeatures } = properties
    const regionId = properties.regionId ?? 0
    const features = [...new Set(networkFeatures)].filter((feature) => feature !== '').sort()
    tags.push({
      ...{ name, region, regionId, systemService },
      networkFeatures: features,
      prefixes: [...set].sort(),
    })
  }
  tags.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { ok: true, value: { cloud: json.cloud, changeNumber: json.changeNumber, tags } }
}

/** The canonical text of a network that is written right. */
export function secondPrefix(text: string): SecondOpinion<string> {
  const [address = '', digits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^\d+$/.test(digits) || String(Number(digits)) !== digits) {
    return no('not address/length')
  }
  if (address.includes('%')) return no('a zone')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  if (!family) return no('not an address')
  const bits = family === 'ipv4' ? 32 : 128
  const length = Number(digits)
  if (length > bits) return no('a length out of range')
  const canonical =
    family === 'ipv4' ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1)
  if (family === 'ipv6' && (address.includes('.') || isMapped(canonical))) {
    return no('IPv4 inside IPv6')
  }
  return startsItsBlock(canonical, family, length)
    ? { ok: true, value: `${canonical}/${length}` }
    : no('host bits')
}

const mapped = new BlockList()
mapped.addSubnet('::ffff:0:0', 96, 'ipv6')

/** `BlockList` takes a mapped address for the IPv4 address it stands for, so the text is asked. */
function isMapped(canonical: string): boolean {
  return canonical.startsWith('::ffff:') && mapped.check(canonical, 'ipv6')
}

/**
 * The address before the first one of a block is outside of it; before any other one, inside.
 * Where host bits are set, the block that `BlockList` makes reaches further down than the address.
 */
function startsItsBlock(address: string, family: 'ipv4' | 'ipv6', length: number): boolean {
  const before = predecessor(address, family)
  if (before === undefined) return true
  const block = new BlockList()
  block.addSubnet(address, length, family)
  return block.check(address, family) && !block.check(before, family)
}

/** Undefined for the first address of all. */
function predecessor(address: string, family: 'ipv4' | 'ipv6'): string | undefined {
  const size = family === 'ipv4' ? 8 : 16
  const parts = family === 'ipv4' ? address.split('.').map(Number) : groupsOf(address)
  const last = parts.findLastIndex((part) => part > 0)
  if (last < 0) return undefined
  const before = parts.map((part, i) => (i < last ? part : i === last ? part - 1 : 2 ** size - 1))
  if (family === 'ipv4') return before.join('.')
  return before.map((part) => part.toString(16)).join(':')
}

function groupsOf(canonical: string): number[] {
  const [head = '', tail = ''] = canonical.split('::')
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [read(head), read(tail)]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after]
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
