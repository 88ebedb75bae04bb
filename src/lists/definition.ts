/** An allowlist's definition: which addresses and names it admits. The built-in ones are here. */
import { z } from 'zod'
import { FAMILIES, type Family } from '../core/address.ts'
import { CLOUDS, type Cloud } from '../core/cloud.ts'
import { invalidInput } from '../core/errors.ts'
import { formatShard, MAX_SHARDS, MIN_SHARDS, parseShard, type Shard } from '../core/shards.ts'
import { sha256 } from '../documents/read-document.ts'
import { findService } from '../endpoints/index.ts'
import { cloudOrOnly } from '../history/resolve.ts'
import { budgetBody, budgetOf, checkNever, type Budget, type BudgetWish } from './budget.ts'
import { DEFAULT_GRACE_DAYS, MAX_GRACE_DAYS } from './grace.ts'

export interface AllowlistDefinition {
  readonly name: string
  readonly title: string
  readonly cloud: Cloud
  /** Service tags whose addresses it admits, and regions to limit them to (see `selectTags`). */
  readonly tags: readonly string[]
  readonly regions: readonly string[]
  readonly families: readonly Family[]
  /** Endpoint services whose names it admits. */
  readonly services: readonly string[]
  /** `any`: all destinations, limited by sources and ports only. */
  readonly destinations: 'listed' | 'any'
  /** How long coverage that left what is published is admitted; 0 for not at all. */
  readonly removalGraceDays: number
  /** Widens it to so many entries; undefined for a list that is as selected. */
  readonly budget: Budget | undefined
  /** How many shards there are of it, as lists of their own beside the whole one. */
  readonly shards: number | undefined
  /** Which part of the whole list's networks this one has; it has all of the names. */
  readonly shard: Shard | undefined
  readonly builtIn: boolean
}

/** What a list without a stored definition is called in messages, and how its name begins. */
const UNSTORED = 'export'

/**
 * The name of such a list, which stands in its bytes and in what formats name after it: another
 * selection, or another shard of one, has another, and two of them can be loaded side by side.
 */
const UNSTORED_NAME = /^export-[0-9a-f]{8}(\.\d+of\d+)?$/

const NAME_DIGITS = 8

export function isUnstored({ name }: { readonly name: string }): boolean {
  return UNSTORED_NAME.test(name)
}

/** Built-in names of every cloud, also of those that are not followed yet. */
const RESERVED = /^app-proxy(-ip|-any)?(\.[a-z]+)?$/

/** How the shards of a stored list are named. */
const SHARD_NAME = /\.\d+of\d+$/

/** Also the length of names that formats build ACL and set names from. */
const ALLOWLIST_NAME = /^[a-z0-9][a-z0-9.-]{0,39}$/

/**
 * What the connector's names resolve into, as far as tags tell. AzureCloud alone lacks ranges of
 * AzureActiveDirectory and most of Front Door (design facts of 2026-06).
 */
const CONNECTOR_TAGS = [
  'AzureActiveDirectory',
  'AzureCloud',
  'AzureFrontDoor.FirstParty',
  'AzureFrontDoor.Frontend',
  'ServiceBus',
]

/** Front Door's first-party tag exists in the public cloud only. */
const TAGS_OF: Readonly<Record<Cloud, readonly string[]>> = {
  Public: CONNECTOR_TAGS,
  AzureGovernment: CONNECTOR_TAGS.filter((tag) => tag !== 'AzureFrontDoor.FirstParty'),
  China: CONNECTOR_TAGS.filter((tag) => tag !== 'AzureFrontDoor.FirstParty'),
  AzureGermany: ['AzureActiveDirectory', 'AzureCloud', 'ServiceBus'],
}

/** Clouds for which Microsoft publishes the connector's names. */
const WITH_CONNECTOR: readonly Cloud[] = ['Public', 'AzureGovernment']

/**
 * The lists every installation has: the first followed cloud's under their plain names, the others'
 * with the cloud in the name (`app-proxy.azuregovernment`).
 */
export function builtInDefinitions(clouds: readonly Cloud[]): AllowlistDefinition[] {
  return clouds.flatMap((cloud, i) => {
    const suffix = i === 0 ? '' : `.${cloud.toLowerCase()}`
    const common = {
      cloud,
      regions: [],
      families: FAMILIES,
      removalGraceDays: DEFAULT_GRACE_DAYS,
      budget: undefined,
      shards: undefined,
      shard: undefined,
      builtIn: true,
    }
    const services = WITH_CONNECTOR.includes(cloud) ? ['app-proxy'] : []
    const byName: AllowlistDefinition = {
      ...common,
      name: `app-proxy${suffix}`,
      title: `Private network connector, ${cloud}: required names and ports`,
      tags: [],
      services,
      destinations: 'listed',
    }
    const byAddress: AllowlistDefinition = {
      ...common,
      name: `app-proxy-ip${suffix}`,
      title: `Private network connector, ${cloud}: Azure's addresses, for devices that know only addresses`,
      tags: TAGS_OF[cloud],
      services,
      destinations: 'listed',
    }
    const anywhere: AllowlistDefinition = {
      ...common,
      name: `app-proxy-any${suffix}`,
      title: `Private network connector, ${cloud}: all destinations, limited by sources and ports`,
      tags: [],
      services: [],
      destinations: 'any',
    }
    return services.length > 0 ? [byName, byAddress, anywhere] : [byAddress, anywhere]
  })
}

const NAME = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, ".", "_", "-"')

/** Days that coverage stays in a list after it left what is published. */
export const graceDays = z
  .int()
  .min(0)
  .max(MAX_GRACE_DAYS)
  .describe(
    `Days that networks stay after they left the published file; ${DEFAULT_GRACE_DAYS} by default`,
  )

/** What a caller may say of a list: the body of a PUT, and what a query string is turned into. */
export const definitionBody = z.strictObject({
  title: z
    .string()
    .regex(/^[\x20-\x7e]{0,200}$/, 'at most 200 printable ASCII characters')
    .optional(),
  cloud: z.enum(CLOUDS).optional(),
  tags: z.array(NAME).max(1000).optional(),
  regions: z.array(NAME).max(200).optional(),
  families: z
    .array(z.enum(['ipv4', 'ipv6']))
    .min(1)
    .optional(),
  endpoints: z.array(NAME).max(20).optional(),
  removalGraceDays: graceDays.optional(),
  budget: budgetBody.optional(),
  shards: z
    .int()
    .min(MIN_SHARDS)
    .max(MAX_SHARDS)
    .optional()
    .describe('Also splits its networks over so many lists: `NAME.1of8` to `NAME.8of8`'),
})

export type DefinitionBody = z.input<typeof definitionBody>

/**
 * A definition from what a caller said. Without `cloud` it is the only followed one.
 * @throws RangewardenError `invalid-input` that names the member and the rule; `not-found` for an
 * endpoint service the cloud does not have
 */
export function parseDefinition(
  name: string,
  body: unknown,
  clouds: readonly Cloud[],
): AllowlistDefinition {
  if (name === UNSTORED || isUnstored({ name }) || RESERVED.test(name)) {
    throw invalidInput(`"${name}" is kept for lists that nobody stores: take another name`)
  }
  if (SHARD_NAME.test(name)) {
    throw invalidInput(`"${name}" ends as a shard does: store the whole list with "shards"`)
  }
  const definition = checkedDefinition(name, body, clouds)
  for (const shard of shardsOf(definition)) refuseLongName(shard.name)
  return definition
}

/** The lists that a definition's networks are split over: `NAME.1of8` and so on, or none. */
export function shardsOf(definition: AllowlistDefinition): AllowlistDefinition[] {
  const { name, shards: of = 0 } = definition
  return Array.from({ length: of }, (_, i) => {
    const shard = { index: i + 1, of }
    return { ...definition, name: `${name}.${formatShard(shard)}`, shards: undefined, shard }
  })
}

/** What a caller asks for without storing it: a query string or command-line options. */
export interface SelectionWish extends BudgetWish {
  readonly cloud: Cloud
  readonly tags: readonly string[]
  readonly regions: readonly string[]
  readonly families: readonly string[]
  readonly endpoints: readonly string[]
  /** Of today's list; one of a past day has no grace. */
  readonly removalGraceDays?: number | undefined
  /** `2of8` */
  readonly shard?: string | undefined
}

/**
 * The definition of a list that is not stored: the same for the same selection, in whatever order
 * and however often its names were given. The past (`past`) of a cloud can be asked after although
 * nobody follows it any more.
 * @throws as `parseDefinition`
 */
export function unstoredDefinition(
  wish: SelectionWish,
  { clouds, past }: { clouds: readonly Cloud[]; past: boolean },
): AllowlistDefinition {
  const { cloud, tags, regions, families, endpoints, removalGraceDays } = wish
  const body = {
    cloud,
    tags: sorted(tags),
    regions: sorted(regions),
    endpoints: sorted(endpoints),
    ...(families.length > 0 ? { families: sorted(families) } : {}),
    ...(removalGraceDays === undefined ? {} : { removalGraceDays }),
    budget: budgetOf(wish),
  }
  const definition = checkedDefinition(UNSTORED, body, past ? CLOUDS : clouds)
  const name = `${UNSTORED}-${sha256(JSON.stringify(bodyOf(definition))).slice(0, NAME_DIGITS)}`
  if (wish.shard === undefined) return { ...definition, name }
  const shard = parseShard(wish.shard)
  if (!shard.ok) throw invalidInput(`shard "${wish.shard}": ${shard.reason}`)
  refuseWithoutAddresses(definition, 'shards')
  return { ...definition, name: `${name}.${formatShard(shard.value)}`, shard: shard.value }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}

function checkedDefinition(
  name: string,
  body: unknown,
  clouds: readonly Cloud[],
): AllowlistDefinition {
  refuseLongName(name)
  const parsed = definitionBody.safeParse(body)
  if (!parsed.success) throw invalidInput(`allowlist ${name}: ${z.prettifyError(parsed.error)}`)
  const {
    title = '',
    tags = [],
    regions = [],
    families = ['ipv4', 'ipv6'],
    endpoints = [],
    removalGraceDays = DEFAULT_GRACE_DAYS,
    budget,
    shards,
  } = parsed.data
  const cloud = onlyCloud(parsed.data.cloud, clouds)
  if (tags.length + regions.length + endpoints.length === 0) {
    throw invalidInput(`allowlist ${name} selects nothing: give tags, regions or endpoints`)
  }
  for (const service of endpoints) findService(service, cloud)
  const definition: AllowlistDefinition = {
    name,
    title,
    cloud,
    tags,
    regions,
    families: FAMILIES.filter((family) => families.includes(`ipv${family}`)),
    services: endpoints,
    destinations: 'listed',
    removalGraceDays,
    budget,
    shards,
    shard: undefined,
    builtIn: false,
  }
  if (budget) {
    refuseWithoutAddresses(definition, 'a budget')
    checkNever(name, budget)
  }
  if (shards !== undefined) refuseWithoutAddresses(definition, 'shards')
  return definition
}

function refuseLongName(name: string): void {
  if (ALLOWLIST_NAME.test(name)) return
  throw invalidInput(
    `"${name}" is no allowlist name: at most 40 lower-case letters, digits, "." and "-"`,
  )
}

function refuseWithoutAddresses({ name, tags, regions }: AllowlistDefinition, what: string): void {
  if (tags.length + regions.length > 0) return
  throw invalidInput(`allowlist ${name} has ${what} and no addresses: give tags or regions`)
}

/** The body that gives this definition again. */
export function bodyOf(definition: AllowlistDefinition): DefinitionBody {
  const { title, cloud, tags, regions, families, services, removalGraceDays } = definition
  const { budget, shards } = definition
  return {
    title,
    cloud,
    tags: [...tags],
    regions: [...regions],
    families: families.map((family) => `ipv${family}` as const),
    endpoints: [...services],
    removalGraceDays,
    ...(budget ? { budget: { ...budget, never: [...budget.never] } } : {}),
    ...(shards === undefined ? {} : { shards }),
  }
}

/** The followed cloud that was named, or the only one. */
export function onlyCloud(named: string | undefined, clouds: readonly Cloud[]): Cloud {
  const cloud = cloudOrOnly(named, clouds)
  if (clouds.includes(cloud)) return cloud
  throw invalidInput(`cloud ${cloud} is not followed here: followed are ${clouds.join(', ')}`)
}
