/** Entries of a deployed list, gathered with their places; whatever is wrong is told together. */
import { Netmask } from 'netmask'
import { invalidInput, type RangewardenError } from '../core/errors.ts'
import { RangeSet } from '../core/range-set.ts'
import { accept, refuse, type Result } from '../core/result.ts'

/** What a device has, as it was submitted. */
export interface DeployedList {
  readonly coverage: RangeSet
  /** As rules write them, in any order, each once. */
  readonly names: readonly string[]
  /** `x` for each `.x`, which is `*.x` and x itself to the programs that write it so. */
  readonly impliedNames: readonly string[]
}

/** An entry that cannot be read. */
export interface Unreadable {
  /** `line 7`, or `/networks/3` in JSON. */
  readonly place: string
  readonly value: string
  readonly reason: string
}

export interface Entries {
  /** Reads one entry: a network, an address, a range, an address with its mask, or a name. */
  add(text: string, at: number): void
  /** Notes what is no entry. */
  refuse(value: string, at: number, reason: string): void
  /** @throws RangewardenError `invalid-input` with the places that cannot be read, in their order */
  finish(): DeployedList
}

const MOST_SHOWN = 20

/** Of networks, and of everything else: a file of nothing else is not read to its end for it. */
const MOST_COUNTED = 1_000

/** Of a value in a message. */
const LONGEST_SHOWN = 80

/** No network and no name is longer, blanks included; what is longer is not looked at. */
const LONGEST_ENTRY = 260

const NO_ENTRY = 'no network, address, range a-b, address with its mask, or host name'

/** @param placeOf the place of an entry, from the number that it was added with */
export function createEntries(placeOf: (at: number) => string): Entries {
  const networks: string[] = []
  const places: number[] = []
  const names = new Set<string>()
  const impliedNames = new Set<string>()
  const broken: { value: string; at: number; reason: string }[] = []

  function note(value: string, at: number, reason: string): void {
    if (broken.length < MOST_COUNTED) broken.push({ value, at, reason })
  }

  function addName(text: string, at: number): void {
    const name = readName(text)
    if (name === undefined) return note(text, at, NO_ENTRY)
    names.add(name.startsWith('.') ? `*${name}` : name)
    if (name.startsWith('.')) impliedNames.add(name.slice(1))
  }

  function coverage(): RangeSet {
    const all = RangeSet.parse(networks)
    if (all.ok) return all.value
    for (const i of brokenAmong(networks)) {
      const [value = '', at = 0] = [networks[i], places[i]]
      const parsed = RangeSet.parse([value])
      if (!parsed.ok) broken.push({ value, at, reason: ruleOf(parsed.reason) })
    }
    return RangeSet.empty
  }

  return {
    add(given, at) {
      if (given.length > LONGEST_ENTRY) return note(given, at, NO_ENTRY)
      const text = given.replaceAll(/\s+/g, ' ')
      if (!IN_DIGITS.test(text)) return addName(text, at)
      const network = readNetwork(text)
      if (!network.ok) return note(text, at, network.reason)
      networks.push(network.value)
      places.push(at)
    },

    refuse: note,

    finish() {
      const found = { coverage: coverage(), names: [...names], impliedNames: [...impliedNames] }
      if (broken.length === 0) return found
      const inOrder = broken.toSorted((a, b) => a.at - b.at)
      throw unreadable(
        inOrder.slice(0, MOST_SHOWN).map(({ at, value, reason }) => {
          return { place: placeOf(at), value: shortened(value), reason }
        }),
        Math.max(0, broken.length - MOST_SHOWN),
        broken.length >= MOST_COUNTED,
      )
    },
  }
}

/** What programs take, by the names of the formats where they are ours. */
export const LINE_FORMATS = [
  ...['squid', 'squid-dst', 'squid-dstdomain', 'nftables', 'ipset', 'mikrotik'],
  ...['panos-edl-ip', 'panos-edl-url', 'fortinet-ip', 'fortinet-category', 'cisco-asa'],
  ...['nginx-allow', 'nginx-geo', 'haproxy-map', 'networkpolicy', 'cilium-cidrgroup', 'text'],
] as const

export const JSON_FORMATS = ['json', 'terraform', 'checkpoint-gdc'] as const

export const TAKEN =
  'Taken are plain text (on each line a network, an address, a range a-b, an address with its ' +
  'mask, or a host name), JSON (an array of such texts, or {"networks": [...], "names": [...]}), and ' +
  `the files of the formats ${[...LINE_FORMATS, ...JSON_FORMATS, 'csv'].join(', ')}`

function unreadable(shown: readonly Unreadable[], more: number, isMore: boolean): RangewardenError {
  const lines = shown.map(({ place, value, reason }) => {
    return `  ${place}, ${JSON.stringify(value)}: ${reason}\n`
  })
  const rest = more === 0 ? '' : `  and ${isMore ? 'at least ' : ''}${more} more\n`
  return invalidInput(`the list cannot be read\n${lines.join('')}${rest}${TAKEN}`, {
    unreadable: shown,
    more,
  })
}

function shortened(value: string): string {
  return value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value
}

/** What is written with the signs of addresses alone is none of the names. */
const IN_DIGITS = /^(?:[\d.]+|[\da-f.]*:[\da-f:.]*)(?:(?: ?[/-] ?| )[\da-f:.]+)*$/i

const WITH_MASK = /^(\d+\.\d+\.\d+\.\d+)[/ ](\d+\.\d+\.\d+\.\d+)$/

const RANGE = /^([^ -]+) ?- ?([^ -]+)$/

/** As `RangeSet.parse` takes it: what is wrong with the addresses is found there, for all at once. */
function readNetwork(text: string): Result<string> {
  const [, address, mask] = WITH_MASK.exec(text) ?? []
  if (address !== undefined && mask !== undefined) {
    const length = MASKS.get(mask)
    return length === undefined
      ? refuse(`${mask} is no network mask`)
      : accept(`${address}/${length}`)
  }
  const [, first, last] = RANGE.exec(text) ?? []
  return accept(first === undefined || last === undefined ? text : `${first}-${last}`)
}

/** Netmask takes the mask of length 0 for a mistake. */
const MASKS: ReadonlyMap<string, number> = new Map([
  ['0.0.0.0', 0],
  ...Array.from({ length: 32 }, (_, i): [string, number] => {
    return [new Netmask('0.0.0.0', i + 1).mask, i + 1]
  }),
])

const LABEL = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?'

/** A bare word is none, and the last label is no number: `10.0.0.256` and `any` are mistakes. */
const NAME = new RegExp(
  `^(?=.{1,255}$)(?:(?:\\*?\\.)(?:${LABEL}\\.)*|(?:${LABEL}\\.)+)[a-z](?:[a-z0-9-]*[a-z0-9])$`,
)

/** `x`, `*.x` or `.x`; PAN-OS ends its entries in `/`, DNS its names in a dot. */
function readName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/[./]$/, '')
  return NAME.test(name) ? name : undefined
}

/** So many are looked at together: only among those of a part with a mistake, each by itself. */
const PART = 100

/** Of the texts, the first that are no networks. */
function brokenAmong(texts: readonly string[]): number[] {
  const found: number[] = []
  for (let from = 0; from < texts.length && found.length < MOST_COUNTED; from += PART) {
    const part = texts.slice(from, from + PART)
    if (RangeSet.parse(part).ok) continue
    part.forEach((text, i) => {
      if (!RangeSet.parse([text]).ok) found.push(from + i)
    })
  }
  return found
}

/** Without the text, which a refusal of one begins with. */
function ruleOf(reason: string): string {
  return reason.slice(reason.indexOf('": ') + 3)
}
