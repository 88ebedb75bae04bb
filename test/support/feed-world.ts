/**
 * The make-believe cloud behind the generated feed: regions with address estates, services that
 * hold pieces of them, and what happens to both in a week. `feed.ts` turns it into documents.
 *
 * Every region owns a /14 and an IPv6 /40. `AzureCloud.<region>` publishes the estate in pieces,
 * services hold small blocks of it, `AzureCloud` and global service tags hold what their regions
 * hold and a little more, as in the real files.
 */
import { comparePrefixes, prefixOf, type Prefix } from '../../src/core/prefix.ts'
import type { Random } from './random.ts'

/** What a document says about a tag. */
export interface FeedTag {
  readonly name: string
  readonly region: string
  readonly regionId: number
  readonly systemService: string
  networkFeatures: readonly string[] | null
  changeNumber: number
  /** Without duplicates; in list order. */
  prefixes: readonly Prefix[]
}

export interface World {
  /** As published: global tags, then their regional ones, AzureCloud last. */
  tags(): readonly FeedTag[]
  /** A week of changes in prefixes, tags and features; returns when at least one fact changed. */
  passWeek(): void
  /** Only the order of features and the spelling of "none" change: no fact does. */
  shuffleFeatures(): void
}

export interface WorldSize {
  readonly regions: number
  readonly services: number
  /** 1 gives some 65 prefixes per region in AzureCloud and some 9 per regional service tag. */
  readonly density: number
}

/** First of all public space: 20.0.0.0 and 2603:1000::, one estate after the other. */
const [V4_BASE, V6_BASE] = [0x14000000, 0x26031000]

/** Names that products depend on: always there, never withdrawn, and not in any region. */
const EDGE_TAGS = [
  { name: 'AzureActiveDirectory', systemService: 'AzureAD' },
  { name: 'AzureFrontDoor.Frontend', systemService: '' },
  { name: 'AzureFrontDoor.FirstParty', systemService: 'AzureFrontDoor' },
] as const

const SERVICES = ['ServiceBus', 'Storage', 'Sql', 'AppService', 'LogicApps', 'EventHub']

interface Region {
  /** Suffix of tag names. */
  readonly suffix: string
  /** Internal spelling, not always the suffix. */
  readonly region: string
  readonly id: number
  readonly estate: Estate
}

/** Deals out blocks of one estate, never the same twice. */
interface Estate {
  readonly blocks: readonly [Prefix, Prefix]
  take(): Prefix
}

export function createWorld(random: Random, size: WorldSize): World {
  const edge = createEstate(random, 0)
  const regions = Array.from({ length: size.regions }, (_, i) => regionOf(random, i + 1))
  const regional = new Map<string, FeedTag>()
  const withdrawn: FeedTag[] = []
  const services = Array.from({ length: size.services }, (_, i) => SERVICES[i] ?? `Service${i + 1}`)

  const serviceTag = (service: string, { suffix, region, id, estate }: Region): FeedTag => ({
    name: `${service}.${suffix}`,
    region,
    regionId: id,
    systemService: `Azure${service}`,
    networkFeatures: random.chance(0.5) ? null : ['API', 'NSG'],
    changeNumber: 1 + random.below(40),
    prefixes: blocks(estate, 1 + heavyTail(random, size.density)),
  })
  for (const service of services) {
    for (const region of regions) {
      const tag = serviceTag(service, region)
      regional.set(tag.name, tag)
    }
  }
  const clouds = regions.map((region) => cloudTag(random, region, size.density))
  const edgeTags = EDGE_TAGS.map(({ name, systemService }): FeedTag => ({
    ...globalTag(name, systemService),
    prefixes: blocks(edge, 6 + heavyTail(random, 6 * size.density)),
  }))
  const globals = services.map((service) => globalTag(service, `Azure${service}`))
  const extras = new Map(globals.map(({ name }) => [name, blocks(edge, 2)]))
  const azureCloud = globalTag('AzureCloud', '')
  const gather = (): void => {
    for (const tag of globals) {
      const parts = [...regional.values()].filter(({ name }) => name.startsWith(`${tag.name}.`))
      setPrefixes(tag, [...(extras.get(tag.name) ?? []), ...parts.flatMap((part) => part.prefixes)])
    }
    setPrefixes(
      azureCloud,
      clouds.flatMap((tag) => tag.prefixes),
    )
  }
  gather()

  const change = (tag: FeedTag, estate: Estate): void => {
    const kind = random.below(5)
    if (kind === 0) setPrefixes(tag, splitOne(random, tag.prefixes))
    else if (kind === 1) setPrefixes(tag, mergeOne(tag.prefixes))
    else if (kind === 2 && tag.prefixes.length > 3) setPrefixes(tag, dropOne(random, tag.prefixes))
    else setPrefixes(tag, [...tag.prefixes, ...blocks(estate, 1 + random.below(3))])
  }
  const estateOf = (tag: FeedTag): Estate =>
    regions.find(({ id }) => id === tag.regionId)?.estate ?? edge

  return {
    tags: () => [...edgeTags, ...globals, ...regional.values(), ...clouds, azureCloud],
    passWeek() {
      const all = [...regional.values()]
      const busy = 1 + Math.ceil(all.length * 0.01)
      for (let i = 0; i < busy; i++) {
        const tag = random.pick(all)
        change(tag, estateOf(tag))
      }
      change(random.pick(clouds), edge)
      if (random.chance(0.5)) change(random.pick(edgeTags), edge)
      if (random.chance(0.3)) random.pick(globals).networkFeatures = ['NSG', 'API', 'FW']
      if (random.chance(0.4)) withdrawn.push(...withdraw(regional, random.pick(all).name))
      const returning = random.chance(0.3) ? withdrawn.shift() : undefined
      if (returning) regional.set(returning.name, returning)
      // What is certain to be new: the other changes may find nothing to split or to merge.
      const certain = random.pick([...regional.values()])
      setPrefixes(certain, [...certain.prefixes, ...blocks(estateOf(certain), 1)])
      gather()
    },
    shuffleFeatures() {
      const tag = random.pick([...regional.values(), ...globals])
      if (tag.networkFeatures === null) tag.networkFeatures = []
      else if (tag.networkFeatures.length === 0) tag.networkFeatures = null
      else tag.networkFeatures = tag.networkFeatures.toReversed()
    },
  }
}

function globalTag(name: string, systemService: string): FeedTag {
  return {
    name,
    region: '',
    regionId: 0,
    systemService,
    networkFeatures: ['API', 'NSG', 'UDR', 'FW'],
    changeNumber: 1,
    prefixes: [],
  }
}

/** The estate in pieces of many sizes, a few left out. */
function cloudTag(
  random: Random,
  { suffix, region, id, estate }: Region,
  density: number,
): FeedTag {
  const pieces = estate.blocks.flatMap((block, i) => {
    let parts: readonly Prefix[] = [block]
    const wanted = Math.ceil((i === 0 ? 50 : 18) * density)
    while (parts.length < wanted) parts = splitOne(random, parts)
    return parts.filter((_, part) => part === 0 || random.chance(0.95))
  })
  return {
    ...globalTag(`AzureCloud.${suffix.toLowerCase()}`, ''),
    region,
    regionId: id,
    prefixes: inOrder(pieces),
  }
}

/** As with `germanywc` and `GermanyWestCentral`, a third of the internal names differ. */
function regionOf(random: Random, id: number): Region {
  const suffix = `Region${id}`
  const region = id % 3 === 0 ? `r${id}` : suffix.toLowerCase()
  return { suffix, region, id, estate: createEstate(random, id) }
}

function createEstate(random: Random, index: number): Estate {
  const first = V4_BASE + index * 2 ** 18
  const [v4, v6] = [prefixOf(4, [first], 14), prefixOf(6, [V6_BASE + index, 0, 0, 0], 40)]
  let [used, subnets] = [0, 0]
  return {
    blocks: [v4, v6],
    take() {
      if (random.chance(0.25)) {
        const length = 121 + random.below(5)
        const host = random.below(64) * 2 ** (128 - length)
        return prefixOf(6, [V6_BASE + index, ++subnets, 0, host], length)
      }
      const length = random.pick([32, 32, 31, 30, 29, 28, 28, 27, 26])
      const block = 2 ** (32 - length)
      const start = Math.ceil(used / block) * block
      used = start + block * (1 + random.below(2))
      if (used > 2 ** 18)
        throw new Error(`the estate ${v4.text} is used up: ask for fewer prefixes`)
      return prefixOf(4, [first + start], length)
    },
  }
}

function blocks(estate: Estate, count: number): Prefix[] {
  return inOrder(Array.from({ length: count }, () => estate.take()))
}

/** Mostly small, sometimes ten times as much; about 8 times `density` on average. */
function heavyTail(random: Random, density: number): number {
  const most = random.chance(0.1) ? 80 * density : 9 * density
  return Math.floor(random.below(1000) * most * 0.001)
}

function setPrefixes(tag: FeedTag, prefixes: readonly Prefix[]): void {
  const ordered = inOrder(prefixes)
  if (ordered.length === tag.prefixes.length && ordered.every((p, i) => p === tag.prefixes[i]))
    return
  tag.prefixes = ordered
  tag.changeNumber++
}

function splitOne(random: Random, prefixes: readonly Prefix[]): readonly Prefix[] {
  const chosen = prefixes.length > 0 ? random.pick(prefixes) : undefined
  if (!chosen || chosen.length >= (chosen.family === 4 ? 32 : 128)) return prefixes
  return inOrder([...prefixes.filter((prefix) => prefix !== chosen), ...halvesOf(chosen)])
}

function mergeOne(prefixes: readonly Prefix[]): readonly Prefix[] {
  for (const [i, left] of prefixes.entries()) {
    const right = prefixes[i + 1]
    const parent = right?.length === left.length ? parentOf(left) : undefined
    if (!parent || !right || halvesOf(parent)[1].text !== right.text) continue
    return inOrder([...prefixes.slice(0, i), parent, ...prefixes.slice(i + 2)])
  }
  return prefixes
}

function dropOne(random: Random, prefixes: readonly Prefix[]): readonly Prefix[] {
  const gone = random.pick(prefixes)
  return prefixes.filter((prefix) => prefix !== gone)
}

function withdraw(tags: Map<string, FeedTag>, name: string): FeedTag[] {
  const tag = tags.get(name)
  return tag && tags.delete(name) ? [tag] : []
}

function halvesOf({ family, first, length }: Prefix): [Prefix, Prefix] {
  const upper = first.map((word, i) =>
    i === length >>> 5 ? word + 2 ** (31 - (length & 31)) : word,
  )
  return [prefixOf(family, first, length + 1), prefixOf(family, upper, length + 1)]
}

/** The block of twice the size that starts at the same address, if one can. */
function parentOf({ family, first, length }: Prefix): Prefix | undefined {
  const bit = length - 1
  const word = first[bit >>> 5] ?? 0
  const isUpper = bit < 0 || Math.floor(word / 2 ** (31 - (bit & 31))) % 2 === 1
  return isUpper ? undefined : prefixOf(family, first, bit)
}

function inOrder(prefixes: readonly Prefix[]): Prefix[] {
  return prefixes.toSorted(comparePrefixes)
}
