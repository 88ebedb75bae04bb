/**
 * Times that can be compared on a busy machine: the tasks take turns, round after round, so that a
 * slow moment meets all of them, and the median of each forgets it.
 */
import type { Quartiles } from './contract.ts'

type Task = () => unknown

export interface MeasureOptions {
  /** Rounds that count; odd, so that the median is one of them. */
  readonly rounds?: number
  /** Rounds before, in which the code is compiled. */
  readonly warmUp?: number
}

/** Median milliseconds of each task, by name, and between what the middle half of its rounds lies. */
export type MedianTimes<Name extends string> = Readonly<Record<Name, number>> & {
  readonly quartiles: Readonly<Record<Name, Quartiles>>
}

/** Runs the tasks in turn; one may be asynchronous. With `ours` and `reference` it is a `Measurement`. */
export async function medianTimes<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  { rounds = 31, warmUp = 10 }: MeasureOptions = {},
): Promise<MedianTimes<Name>> {
  const names = Object.keys(tasks) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const started = performance.now()
      await tasks[name]()
      if (round >= 0) times.get(name)?.push(performance.now() - started)
    }
  }
  const byName = <T>(figure: (values: readonly number[]) => T): Record<Name, T> =>
    Object.fromEntries(names.map((name) => [name, figure(times.get(name) ?? [])])) as Record<
      Name,
      T
    >
  return { ...byName(median), quartiles: byName(quartiles) }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quartiles(values: readonly number[]): Quartiles {
  return [quantile(values, 0.25), quantile(values, 0.75)]
}

/** Interpolated between the two values that are nearest. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (low === undefined || high === undefined) throw new Error('a median needs a value')
  return low + (high - low) * (at - Math.floor(at))
}
