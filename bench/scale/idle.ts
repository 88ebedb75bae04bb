/** What a second costs in which nothing happens: the polling of each replica, and PostgreSQL's share. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Fleet, Worked } from './fleet.ts'

/** A second of each: processor milliseconds and statements. */
export interface IdleSecond {
  readonly worker: number
  readonly api: number
  readonly server: number
  readonly workerStatements: number
  readonly apiStatements: number
}

/** What is polled comes every half second to every five: a window has to hold all of it. */
const WINDOW_MS = 5_000
const WINDOWS = 2

export async function idleSecond(fleet: Fleet): Promise<IdleSecond> {
  await fleet.quiet()
  const windows: Worked[] = []
  for (let i = 0; i < WINDOWS; i++) windows.push(await fleet.watch(() => wait(WINDOW_MS)))
  const figures = (of: keyof Worked): number[] => windows.map((one) => one[of] / one.seconds)
  // What comes now and then, such as clearing away dead rows, is no part of every second.
  const least = (of: keyof Worked): number => Math.min(...figures(of))
  const mean = (of: keyof Worked): number =>
    figures(of).reduce((sum, one) => sum + one, 0) / WINDOWS
  return {
    worker: least('worker'),
    api: least('api'),
    server: least('server'),
    workerStatements: mean('workerStatements'),
    apiStatements: mean('apiStatements'),
  }
}
