/** A device's list against an allowlist: which of its parts are compared, and what drifted. */
import { driftOf, isNothing, type Drift } from '../core/drift.ts'
import { invalidInput } from '../core/errors.ts'
import { RangeSet } from '../core/range-set.ts'
import type { CheckedList } from './checked-list.ts'
import type { AllowlistDefinition } from './definition.ts'
import type { DeployedList } from './deployed-entries.ts'
import { earlierCoverage, type EarlierDeps } from './earlier.ts'

/** What a caller may say that a submission has, whatever was found in it. */
export const CHECKED_PARTS = ['addresses', 'names', 'all'] as const

/** What whoever submits a list may call the device that has it. */
export const DEVICE_NAME = /^(?=.{1,100}$)[\w.:/-]+(?: [\w.:/-]+)*$/

export const DEVICE_RULE =
  'up to 100 letters, digits, ".", "_", "-", ":", "/" and single spaces between them'

export type CheckedParts = (typeof CHECKED_PARTS)[number]

export interface Check {
  readonly list: CheckedList
  /** Which were compared. */
  readonly addresses: boolean
  readonly names: boolean
  readonly drift: Drift
}

export interface CheckWish {
  readonly definition: AllowlistDefinition
  readonly list: CheckedList
  readonly deployed: DeployedList
  /** Undefined: what the submission has. */
  readonly parts: CheckedParts | undefined
}

/**
 * A list of addresses alone says nothing of names, and one of names nothing of addresses, unless
 * the caller says so. History is asked only about what the list does not have.
 * @throws RangewardenError `invalid-input` for an empty submission that nobody meant to be empty
 */
export async function checkDeployed(
  deps: EarlierDeps,
  { definition, list, deployed, parts }: CheckWish,
): Promise<Check> {
  const addresses = parts ? parts !== 'names' : !deployed.coverage.isEmpty
  const names = parts ? parts !== 'addresses' : deployed.names.length > 0
  if (!addresses && !names) {
    throw invalidInput(
      'the list has no network and no name in it: if the device has none, say what it is to have, ' +
        `with parts, one of ${CHECKED_PARTS.join(', ')}`,
    )
  }
  const ofAddresses = (set: RangeSet): RangeSet => (addresses ? set : RangeSet.empty)
  const ofNames = (all: readonly string[]): readonly string[] => (names ? all : [])
  const listed = {
    admitted: ofAddresses(list.admitted),
    leaving: ofAddresses(list.leaving),
    names: ofNames(list.names),
  }
  const device = {
    coverage: ofAddresses(deployed.coverage),
    names: ofNames(deployed.names),
    impliedNames: ofNames(deployed.impliedNames),
  }
  const alone = driftOf({ ...listed, earlier: RangeSet.empty, earlierNames: [] }, device)
  if (isNothing(alone.extra)) return { list, addresses, names, drift: alone }
  const { coverage: earlier, names: earlierNames } = await earlierCoverage(deps, definition)
  const drift = driftOf({ ...listed, earlier, earlierNames }, device)
  return { list, addresses, names, drift }
}
