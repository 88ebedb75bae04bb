/**
 * Weeks that take a while to publish and that the guard lets through: nearly every prefix changes,
 * cut in halves in one week and whole again in the next, and hardly any address does.
 */
import { createHash } from 'node:crypto'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { makeFeed } from '../../test/support/feed.ts'

export interface OfferedWeek {
  readonly fileDate: FileDate
  /** `20190107` */
  readonly digits: string
  readonly text: string
  /** By name, as the document has them. */
  readonly tags: ReadonlyMap<string, OfferedTag>
}

export interface OfferedTag {
  readonly name: string
  readonly properties: {
    readonly region: string
    readonly regionId: number
    readonly systemService: string
    readonly networkFeatures: readonly string[] | null
    readonly addressPrefixes: readonly string[]
  }
}

interface Json {
  readonly values: readonly OfferedTag[]
}

const FIRST = Date.parse('2019-01-07')
const WEEK_MS = 7 * 86_400_000

/** Beyond what the generated regions own. */
const ADDED_TO = 'AzureCloud'

export interface WeekMaker {
  /** Week 0, 1, 2 …: the same number is always the same text. */
  week(number: number): OfferedWeek
}

export function createWeeks(
  seed: number,
  size: { tags?: number; density?: number } = {},
): WeekMaker {
  const [base] = makeFeed({ seed, weeks: 1, ...size })
  const whole = JSON.parse(base?.text ?? '') as Json
  return {
    week(number) {
      const values = whole.values.map((tag) => {
        const { addressPrefixes } = tag.properties
        const cut = number % 2 === 1 ? addressPrefixes.flatMap(halves) : [...addressPrefixes]
        if (tag.name === ADDED_TO) cut.push(`20.200.${number >>> 8}.${number & 255}/32`)
        return { ...tag, properties: { ...tag.properties, addressPrefixes: cut } }
      })
      const fileDate = dateOf(FIRST + number * WEEK_MS)
      return {
        fileDate,
        digits: fileDate.replaceAll('-', ''),
        text: JSON.stringify({ ...whole, changeNumber: 1 + number, values }, null, 2),
        tags: new Map(values.map((tag) => [tag.name, tag])),
      }
    },
  }
}

/** What one digest says of a document's tags and another of its memberships, as SQL can say it too. */
export function digestsOf({ tags }: OfferedWeek): { tags: string; memberships: string } {
  const sorted = [...tags.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const facts = sorted.map(({ name, properties }) => {
    const { region, regionId, systemService, networkFeatures } = properties
    return [
      name,
      region,
      regionId,
      systemService,
      [...(networkFeatures ?? [])].sort().join(','),
    ].join('|')
  })
  const memberships = sorted.flatMap(({ name, properties }) =>
    properties.addressPrefixes.toSorted().map((text) => `${name} ${text}`),
  )
  return { tags: md5(facts), memberships: md5(memberships) }
}

function md5(lines: readonly string[]): string {
  return createHash('md5').update(lines.join('\n')).digest('hex')
}

function dateOf(time: number): FileDate {
  const parsed = parseFileDate(new Date(time).toISOString().slice(0, 10))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

/** A single address cannot be cut. */
function halves(text: string): string[] {
  const [address = '', digits = ''] = text.split('/')
  const length = Number(digits)
  const isV6 = address.includes(':')
  if (length === (isV6 ? 128 : 32)) return [text]
  return [
    `${address}/${length + 1}`,
    `${isV6 ? upperV6(address, length) : upperV4(address, length)}/${length + 1}`,
  ]
}

function upperV4(address: string, length: number): string {
  const value = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const upper = value + 2 ** (31 - length)
  return [24, 16, 8, 0].map((shift) => (upper >>> shift) & 255).join('.')
}

function upperV6(address: string, length: number): string {
  const [head = '', tail = ''] = address.split('::')
  const before = head.split(':').filter((group) => group !== '')
  const after = tail.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
  const at = length >>> 4
  const upper = groups.map((group, i) => (i === at ? group + 2 ** (15 - (length & 15)) : group))
  // A URL writes it the short way, as the feed does.
  const long = upper.map((group) => group.toString(16)).join(':')
  return new URL(`http://[${long}]/`).hostname.slice(1, -1)
}
