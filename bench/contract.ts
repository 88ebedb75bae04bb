/**
 * What a row of the benchmark is. To add one: write `bench/rows/<name>.ts` exporting a `BenchRow`
 * and add it to the list in `bench/rows/index.ts`. Ours and the reference are measured in one run
 * on one machine, in turn (see `measure.ts`), so that only their ratio is a claim.
 */

/** What has to hold, of the ratio (ours / reference) or of ours alone in the row's unit. */
export interface Target {
  readonly of: 'ratio' | 'ours'
  readonly atMost?: number
  readonly atLeast?: number
}

/** Both numbers in the row's unit; or why there are none, so that a row is never left out. */
export type Measurement =
  | {
      readonly ours: number
      /** None where only ours is limited. */
      readonly reference?: number
    }
  | { readonly absent: string }

export interface BenchRow {
  /** What is done, to what, and what it is compared with: one sentence, without numbers measured. */
  readonly name: string
  readonly unit: 'ms' | 'requests/s'
  readonly target: Target
  readonly measure: () => Measurement | Promise<Measurement>
}

/** One row of `bench/results.json`; null where there is nothing to say, with `absent` saying why. */
export interface ResultRow {
  readonly name: string
  readonly ours: number | null
  readonly reference: number | null
  readonly unit: BenchRow['unit']
  readonly ratio: number | null
  /** `ratio <= 6` */
  readonly target: string
  readonly holds: boolean | null
  readonly absent?: string
}

export interface Results {
  readonly machine: string
  /** ISO 8601. */
  readonly date: string
  readonly rows: readonly ResultRow[]
}
