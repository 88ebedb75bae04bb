/** From a measurement to a row of the results: its ratio, and whether its target holds. */
import type { ListedRow, Measurement, ResultRow, Target } from './contract.ts'

/** What happened when the row was measured; `failed` is a reason. */
export type Outcome = Measurement | { readonly failed: string }

/** @param against the row's references, with versions */
export function resultOf(
  { group, name, row }: ListedRow,
  against: readonly string[],
  outcome: Outcome,
  seconds: number,
): ResultRow {
  const { unit, target } = row
  const about = { group, name, description: row.name, against }
  const told = { unit, target: describeTarget(target), seconds: rounded(seconds) }
  if (!('ours' in outcome)) {
    return { ...about, ours: null, reference: null, ratio: null, holds: null, ...told, ...outcome }
  }
  const { ours, reference, quartiles, details } = outcome
  const ratio = reference === undefined ? null : ours / reference
  const judged = target.of === 'ours' ? ours : ratio
  return {
    ...about,
    ours: rounded(ours),
    reference: reference === undefined ? null : rounded(reference),
    ratio: ratio === null ? null : rounded(ratio),
    holds: judged === null ? null : isWithin(judged, target),
    ...told,
    ...(quartiles && { quartiles: roundedQuartiles(quartiles) }),
    ...(details && { details: roundedDetails(details) }),
  }
}

/** True if the run is a success: what is absent was not missed. */
export function allHold(rows: readonly ResultRow[]): boolean {
  return rows.every(({ holds, failed }) => holds !== false && failed === undefined)
}

export function describeTarget({ of, atMost, atLeast }: Target): string {
  const limits = [
    ...(atLeast === undefined ? [] : [`${of} >= ${rounded(atLeast)}`]),
    ...(atMost === undefined ? [] : [`${of} <= ${rounded(atMost)}`]),
  ]
  return limits.join(', ')
}

/** NaN is within nothing. */
function isWithin(value: number, { atMost = Infinity, atLeast = -Infinity }: Target): boolean {
  return atLeast <= value && value <= atMost
}

type QuartilesOfBoth = NonNullable<ResultRow['quartiles']>
type Details = NonNullable<ResultRow['details']>

/** What a row measured besides the two is not kept. */
function roundedQuartiles({ ours, reference }: QuartilesOfBoth): QuartilesOfBoth {
  return {
    ...(ours && { ours: [rounded(ours[0]), rounded(ours[1])] as const }),
    ...(reference && { reference: [rounded(reference[0]), rounded(reference[1])] as const }),
  }
}

/** Whole numbers can be dates or sizes and stay as they are. */
function roundedDetails(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isInteger(value) ? rounded(value) : value,
    ]),
  )
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
