/**
 * Times that can be compared on a busy machine: the tasks take turns, round after round, so that a
 * slow moment meets all of them, and the median of each forgets it.
 */

type Task = () => unknown

export interface MeasureOptions {
  /** Rounds that count; odd, so that the median is one of them. */
  readonly rounds?: number
  /** Rounds before, in which the code is compiled. */
  readonly warmUp?: number
}

/** Median milliseconds of each task, by name; a task may be asynchronous. */
export async function medianTimes<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  { rounds = 31, warmUp = 10 }: MeasureOptions = {},
): Promise<Record<Name, number>> {
  const names = Object.keys(tasks) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const started = performance.now()
      await tasks[name]()
      if (round >= 0) times.get(name)?.push(performance.now() - started)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >>> 1
  const [low, high] = [sorted[(sorted.length - 1) >>> 1], sorted[middle]]
  if (low === undefined || high === undefined) throw new Error('a median needs a value')
  return (low + high) / 2
}
