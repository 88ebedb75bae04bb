/** How many entries a list may have, and how much wider that may make it: what a caller may say. */
import { z } from 'zod'
import { invalidInput } from '../core/errors.ts'
import type { FitWish } from '../core/fit.ts'
import { RangeSet } from '../core/range-set.ts'

export interface Budget {
  readonly entries: number
  /** Of each family by itself, in percent of the addresses selected. */
  readonly mostExtraPercent: number
  /** Prefixes, addresses and ranges that are not admitted unless they are selected. */
  readonly never: readonly string[]
}

/** Unless a budget says otherwise: AzureCloud's IPv4 in an eighth of its entries takes 4.5 %. */
export const DEFAULT_EXTRA_PERCENT = 5

/** No device holds more, and no list of any cloud needs as many. */
const MOST_ENTRIES = 1_000_000

const MOST_NEVER = 1_000

export const entriesAtMost = z
  .int()
  .min(1)
  .max(MOST_ENTRIES)
  .describe('At most so many networks, of both families together')

export const extraAtMost = z
  .number()
  .min(0)
  .max(100)
  .describe(
    'Most extra addresses of each family, in percent of those selected; ' +
      `${DEFAULT_EXTRA_PERCENT} by default`,
  )

export const NEVER_EXTRA =
  'Prefixes, addresses and ranges (`20.0.0.0-20.0.3.255`) not to be admitted as extra'

export const budgetBody = z
  .strictObject({
    entries: entriesAtMost,
    mostExtraPercent: extraAtMost.default(DEFAULT_EXTRA_PERCENT),
    never: z.array(z.string().max(128)).max(MOST_NEVER).default([]).describe(NEVER_EXTRA),
  })
  .describe('Widens the list to fit so many entries; it is refused where that would exceed the cap')

export type BudgetBody = z.input<typeof budgetBody>

/** What is asked in a query string or on a command line, where nothing nests. */
export interface BudgetWish {
  readonly maxEntries?: number | undefined
  readonly maxExtraPercent?: number | undefined
  readonly never?: readonly string[] | undefined
}

/** @throws RangewardenError `invalid-input` for what means nothing without `maxEntries` */
export function budgetOf({
  maxEntries,
  maxExtraPercent,
  never = [],
}: BudgetWish): BudgetBody | undefined {
  if (maxEntries === undefined) {
    if (maxExtraPercent === undefined && never.length === 0) return undefined
    throw invalidInput(
      'extra addresses are admitted to keep a number of entries: ' +
        'a cap on them, or what is never to be one, needs that number',
    )
  }
  return {
    entries: maxEntries,
    ...(maxExtraPercent === undefined ? {} : { mostExtraPercent: maxExtraPercent }),
    never: [...new Set(never)].sort(),
  }
}

/** @throws RangewardenError `invalid-input` naming the range and the rule it breaks */
export function checkNever(list: string, { never }: Budget): void {
  const ranges = RangeSet.parse(never)
  if (!ranges.ok) throw invalidInput(`allowlist ${list}: budget.never: ${ranges.reason}`)
}

/** Of a budget that was checked. */
export function fitWishOf({ entries, mostExtraPercent, never }: Budget): FitWish {
  const ranges = RangeSet.parse(never)
  if (!ranges.ok) throw new Error(`a budget was not checked: ${ranges.reason}`)
  return { entries, mostExtraPercent, never: ranges.value }
}
