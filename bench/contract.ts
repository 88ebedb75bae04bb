/**
 * What a row of the benchmark is. To add one: write `bench/rows/<file>.ts` exporting a `BenchRow`
 * and list it in `bench/rows/index.ts` with its group, its short name and its references. Ours and
 * the reference are measured in one run on one machine, in turn (see `measure.ts`), so that only
 * their ratio is a claim.
 */
import type { ReferenceName } from './references.ts'

/** What has to hold, of the ratio (ours / reference) or of ours alone in the row's unit. */
export interface Target {
  readonly of: 'ratio' | 'ours'
  readonly atMost?: number
  readonly atLeast?: number
}

/** Between them lies the middle half of the rounds. */
export type Quartiles = readonly [lower: number, upper: number]

/** Both numbers in the row's unit; or why there are none, so that a row is never left out. */
export type Measurement =
  | {
      readonly ours: number
      /** None where only ours is limited. */
      readonly reference?: number
      /** How sure the two are, where they are medians of rounds. `medianTimes` gives them. */
      readonly quartiles?: { readonly ours?: Quartiles; readonly reference?: Quartiles }
      /** What else the row counted on the way, by name, for the JSON. */
      readonly details?: Readonly<Record<string, number | string>>
    }
  | { readonly absent: string }

export interface BenchRow {
  /** What is done, to what, and what it is compared with: one sentence, without numbers measured. */
  readonly name: string
  readonly unit: 'ms' | 'requests/s' | 'lookups/s' | 'MiB' | '%' | 'bytes' | 'times'
  readonly target: Target
  readonly measure: () => Measurement | Promise<Measurement>
}

export type Group = 'intake' | 'ranges' | 'lookup' | 'diff' | 'formats' | 'serving' | 'memory'

/** A row as `rows/index.ts` lists it. */
export interface ListedRow {
  readonly group: Group
  /** What the table calls it and the command line takes: short, unique, in kebab case. */
  readonly name: string
  /** The programs and libraries it is compared with; none where only ours is limited. */
  readonly against: readonly ReferenceName[]
  readonly row: BenchRow
}

/** One row of `bench/results.json`; null where there is nothing to say, with the reason beside it. */
export interface ResultRow {
  readonly group: Group
  readonly name: string
  /** The row's sentence. */
  readonly description: string
  /** With versions: `iprange 1.0.4`. */
  readonly against: readonly string[]
  readonly ours: number | null
  readonly reference: number | null
  readonly unit: BenchRow['unit']
  readonly ratio: number | null
  /** `ratio <= 6` */
  readonly target: string
  readonly holds: boolean | null
  /** What the machine lacks. */
  readonly absent?: string
  /** Why the row could not be measured although the machine has what it takes. */
  readonly failed?: string
  readonly quartiles?: { readonly ours?: Quartiles; readonly reference?: Quartiles }
  readonly details?: Readonly<Record<string, number | string>>
  /** How long measuring took. */
  readonly seconds: number
}

/** A program or library that rows are compared with; `version` is null where there is none. */
export interface Reference {
  readonly name: string
  readonly version: string | null
  /** How to get it. */
  readonly from: string
}

export interface Results {
  readonly machine: string
  /** ISO 8601. */
  readonly date: string
  readonly references: readonly Reference[]
  readonly rows: readonly ResultRow[]
}
