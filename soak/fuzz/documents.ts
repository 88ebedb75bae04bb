/**
 * Small service-tags documents, right ones and ones with a few things wrong: first in their values
 * (a type, a key, a name, a number), then in their text (bytes, encodings, keys twice).
 */
import { makeFeed, REAL_SIZE, smallDocument, tagValue } from '../../test/support/feed.ts'
import type { Random } from '../../test/support/random.ts'
import { prefixText, rightPrefix } from './prefix-texts.ts'
import { withTextFaults } from './text-faults.ts'

export interface GeneratedDocument {
  readonly bytes: Buffer
  /** A right document that says nearly the same: what a parser may have read before. */
  readonly before: Buffer
}

const CLOUDS = ['Public', 'AzureGovernment', 'China', 'AzureGermany']

const NAMES = [
  ...['AzureCloud', 'AzureCloud.germanywc', 'Storage', 'Storage.WestEurope', 'Sql', 'ServiceBus'],
  ...['AzureFrontDoor.Backend', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'a-b_c.9'],
]

const ODD_NAMES = [
  ...['', ' ', '.', '-a', '__proto__', 'a b', 'a/b', 'a\nb', 'a\u0000', 'azurecloud', 'STORAGE'],
  ...['\u202eduolCeruzA', 'Azure\u2066Cloud', 'Azure\u200bCloud', 'АzureCloud', 'ﬀ', '\u0130'],
  ...['x'.repeat(128), 'x'.repeat(129), '\ud800', '😀', 'Storage\u0301', 'null', '0'],
]

const REGIONS = ['', 'germanywc', 'westeurope', 'usgovtexas', 'x'.repeat(128)]

const FEATURES = [null, [], ['API', 'NSG', 'UDR', 'FW'], ['NSG', 'API'], ['', 'NSG'], ['VSE']]

const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1,
    1.5,
    1e21,
    5e-324,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
  ],
  ...['', 'Azure', '1', 'null', '\u0000', '\u202e', '\ud800', 'x'.repeat(129), '20.0.0.0/16'],
  ...[[], [null], [[]], ['20.0.0.0/16'], [0], [{}], {}, { length: 1 }, { toString: null }],
]

const ODD_KEYS = ['__proto__', 'constructor', 'toString', 'length', 'Name', 'values ', '', '\u0000']

/** Every tenth is right; of the others some are, since not every change is a fault. */
export function generateDocument(random: Random): GeneratedDocument {
  const right = rightDocument(random)
  const before = Buffer.from(printed(random, right))
  if (random.chance(0.1)) return { before, bytes: before }
  const changed = structuredClone(right)
  const changes = random.below(4)
  for (let i = 0; i < changes; i++) changeSomething(random, changed)
  const text = printed(random, changed)
  return { before, bytes: withTextFaults(random, text, changes === 0 ? 1 : random.below(2)) }
}

/** A copy: what is put into a document may be changed there. */
function oddValue(random: Random): unknown {
  return structuredClone(random.pick(ODD_VALUES))
}

interface OpenObject {
  [key: string]: unknown
}

/** Mostly of a few tags, so that there can be a million; now and then of 80, rarely of real size. */
function rightDocument(random: Random): OpenObject {
  if (random.chance(1 / 5_000))
    return JSON.parse(random.chance(0.05) ? large() : medium()) as OpenObject
  const names = NAMES.filter(() => random.chance(0.3))
  const values = names.map((name) =>
    tagValue(name, rightPrefixes(random), {
      changeNumber: random.below(500),
      region: random.pick(REGIONS),
      regionId: random.chance(0.9) ? random.below(100) : undefined,
      systemService: random.pick(['', 'AzureStorage']),
      networkFeatures: random.chance(0.9) ? random.pick(FEATURES) : undefined,
    }),
  )
  const overrides = { changeNumber: random.below(1000), cloud: random.pick(CLOUDS), values }
  return JSON.parse(smallDocument(overrides)) as OpenObject
}

const medium = once(() => makeFeed({ weeks: 1 }))
const large = once(() => makeFeed({ ...REAL_SIZE, weeks: 1 }))

/** The text of the feed's one week, made when it is asked for first. */
function once(make: () => readonly { readonly text: string }[]): () => string {
  let text: string | undefined
  return () => (text ??= make()[0]?.text ?? '')
}

/** Blocks of one estate in order, as in real files, or any: those may hold one twice. */
function rightPrefixes(random: Random): string[] {
  if (random.chance(0.5)) return Array.from({ length: random.below(6) }, () => rightPrefix(random))
  const first = random.below(200)
  const v4 = Array.from({ length: random.below(5) }, (_, i) => `20.${first + i}.0.0/16`)
  const v6 = Array.from({ length: random.below(3) }, (_, i) => `2603:10${10 + i}::/40`)
  return [...v4, ...v6]
}

function printed(random: Random, document: unknown): string {
  return JSON.stringify(document, null, random.pick([0, 2, 2, '\t']))
}

/** One value of the document, whatever it is, and where it stands. */
interface Place {
  readonly holder: OpenObject | unknown[]
  readonly key: string | number
}

function changeSomething(random: Random, document: OpenObject): void {
  random.pick(CHANGES)(random, random.pick(placesIn(document)))
}

/** Each changes nothing where it does not fit. */
const CHANGES: readonly ((random: Random, place: Place) => void)[] = [
  (random, place) => put(place, oddValue(random)),
  (_, { holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  },
  (_, place) => {
    if (Array.isArray(place.holder)) place.holder.push(valueAt(place))
  },
  (random, place) => {
    const value = valueAt(place)
    if (Array.isArray(value) && value.length > 0) value.push(random.pick<unknown>(value))
  },
  (random, place) => {
    const value = valueAt(place)
    if (Array.isArray(value)) value.push(random.chance(0.5) ? prefixText(random) : oddValue(random))
  },
  (_, place) => {
    const value = valueAt(place)
    if (Array.isArray(value)) value.reverse()
  },
  (random, place) => put(place, deeper(random, valueAt(place))),
  (random, { holder }) => {
    if (!Array.isArray(holder)) defineKey(holder, random.pick(ODD_KEYS), oddValue(random))
  },
  (random, place) => {
    const value = valueAt(place)
    if (typeof value === 'string') put(place, changedText(random, String(place.key), value))
    if (typeof value === 'number') {
      put(place, random.pick([value + 1, -value, value / 3, value * 1e9]))
    }
  },
]

function valueAt({ holder, key }: Place): unknown {
  return (holder as OpenObject)[key]
}

function put({ holder, key }: Place, value: unknown): void {
  ;(holder as OpenObject)[key] = value
}

function changedText(random: Random, key: string, value: string): string {
  if (value.includes('/')) return prefixText(random)
  if (random.chance(0.3)) return value.toUpperCase()
  return key === 'name' || random.chance(0.5)
    ? random.pick(ODD_NAMES)
    : `${value}${random.pick(ODD_NAMES)}`
}

function deeper(random: Random, value: unknown): unknown {
  let nested = value
  const levels = random.pick([1, 2, 10, 20, 100])
  for (let i = 0; i < levels; i++) nested = random.chance(0.5) ? [nested] : { nested }
  return nested
}

/** An assignment to `__proto__` would not be printed. */
function defineKey(holder: OpenObject, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function placesIn(root: OpenObject): Place[] {
  const places: Place[] = []
  const look = (holder: Place['holder']): void => {
    const keys = Array.isArray(holder) ? holder.keys() : Object.keys(holder)
    for (const key of keys) {
      places.push({ holder, key })
      const value = (holder as OpenObject)[key]
      if (typeof value === 'object' && value !== null) look(value as OpenObject)
    }
  }
  look(root)
  return places
}
