/**
 * How much may change without a person: named policies as data, and a cloud's choice of one. The
 * numbers and the weeks behind them are in docs/adr/0009-guard-thresholds.md.
 */
import type { Family } from './address.ts'
import { CLOUDS, isCloud, type Cloud } from './cloud.ts'
import { commaList } from './comma-list.ts'
import { suggestion } from './nearest-name.ts'
import { accept, refuse, type Result } from './result.ts'

type PerFamily = Readonly<Record<Family, number>>

/** The most that a step may move without a person, in percent of the addresses there were. */
export interface StepLimits {
  readonly gain: PerFamily
  readonly loss: PerFamily
  /** However long the step, a loss of more percent is held. */
  readonly greatestLoss: number
  /** A move of at most so many addresses is never held: a handful is many percent of a handful. */
  readonly floor: { readonly gain: PerFamily; readonly loss: PerFamily }
}

export interface GuardPolicy {
  readonly name: string
  /** A document of fewer tags is refused: AzureCloud and one region's are two. */
  readonly minTags: number
  /** A first document of fewer tags is held. */
  readonly fewTags: number
  /** A shorter prefix length is refused: nothing so wide was ever one tenant's. */
  readonly refusedLength: PerFamily
  /** A shorter prefix length is held. The widest published so far are /14 and /39. */
  readonly heldLength: PerFamily
  /** A first document of more addresses is held. */
  readonly mostAddresses: PerFamily
  /** A tag that an allowlist names and that had no address comes to more only with a person. */
  readonly tagFromNothing: PerFamily
  /** Percent of the tags that may vanish in a step. */
  readonly tagsVanished: number
  /** Of all tags of the cloud together. */
  readonly cloud: StepLimits
  /** Of each tag that an allowlist names. */
  readonly tag: StepLimits
  /** Limits of percent are for a step of up to so many days, and grow with a longer one. */
  readonly stepDays: number
}

/** A /48 of IPv6: what one site is given. */
const SITE = 2 ** 80

const NO_FLOOR = { gain: { 4: 0, 6: 0 }, loss: { 4: 0, 6: 0 } } as const

const common = {
  minTags: 3,
  fewTags: 50,
  refusedLength: { 4: 8, 6: 20 },
  heldLength: { 4: 14, 6: 39 },
  // Between two files we have, AzureFrontDoor.FirstParty came with 48,400 IPv4 addresses and
  // AzureCloud with 1,218 /48s of IPv6.
  tagFromNothing: { 4: 65_536, 6: 4096 * SITE },
  mostAddresses: { 4: 2 ** 27, 6: 65_536 * SITE },
  stepDays: 28,
} as const

export const policies = {
  cautious: {
    ...common,
    name: 'cautious',
    tagsVanished: 30,
    cloud: {
      gain: { 4: 15, 6: 100 },
      loss: { 4: 5, 6: 15 },
      greatestLoss: 50,
      floor: NO_FLOOR,
    },
    tag: {
      gain: { 4: 100, 6: 200 },
      loss: { 4: 30, 6: 50 },
      greatestLoss: 90,
      floor: { gain: { 4: 256, 6: SITE }, loss: { 4: 0, 6: 0 } },
    },
  },
  permissive: {
    ...common,
    name: 'permissive',
    tagsVanished: 60,
    cloud: {
      gain: { 4: 50, 6: 400 },
      loss: { 4: 20, 6: 50 },
      greatestLoss: 75,
      floor: NO_FLOOR,
    },
    tag: {
      gain: { 4: 400, 6: 800 },
      loss: { 4: 75, 6: 90 },
      greatestLoss: 95,
      floor: { gain: { 4: 4096, 6: 16 * SITE }, loss: { 4: 0, 6: 0 } },
    },
  },
} as const satisfies Record<string, GuardPolicy>

export type PolicyName = keyof typeof policies

const POLICY_NAMES = Object.keys(policies) as readonly PolicyName[]

/**
 * Reads the policy of every cloud: `permissive` is for all, `China=permissive` for one, and what is
 * not said is `cautious`. Items are separated by commas, in any order.
 */
export function parseGuardPolicies(text: string): Result<ReadonlyMap<Cloud, GuardPolicy>> {
  const chosen = new Map<Cloud | undefined, GuardPolicy>()
  for (const item of commaList(text)) {
    const choice = parseChoice(item)
    if (!choice.ok) return choice
    const { cloud, policy } = choice.value
    if (chosen.has(cloud)) {
      return refuse(`${cloud ?? 'the policy of all clouds'} is given twice`)
    }
    chosen.set(cloud, policy)
  }
  const common = chosen.get(undefined) ?? policies.cautious
  return accept(new Map(CLOUDS.map((cloud) => [cloud, chosen.get(cloud) ?? common])))
}

interface Choice {
  /** Undefined: every cloud that is not named. */
  readonly cloud: Cloud | undefined
  readonly policy: GuardPolicy
}

function parseChoice(item: string): Result<Choice> {
  const [first = '', ...rest] = item.split('=').map((part) => part.trim())
  const [name = first] = rest
  if (rest.length > 1 || !isPolicyName(name)) {
    const rule = `"${item}" is written POLICY or CLOUD=POLICY; a policy is one of ${POLICY_NAMES.join(', ')}`
    return refuse(rule + suggestion(name, POLICY_NAMES))
  }
  if (rest.length === 0) return accept({ cloud: undefined, policy: policies[name] })
  if (isCloud(first)) return accept({ cloud: first, policy: policies[name] })
  return refuse(`"${first}" is none of ${CLOUDS.join(', ')}${suggestion(first, CLOUDS)}`)
}

function isPolicyName(text: string): text is PolicyName {
  return Object.hasOwn(policies, text)
}
