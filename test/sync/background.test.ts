/** What goes on beside the runs: another try after a failure, and keeping up with the database. */
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { every, type Repeated } from '../../src/sync/every.ts'
import { latestPlausibleDate } from '../../src/sync/plausible-date.ts'
import { createRetry, RETRY_MINUTES } from '../../src/sync/retry.ts'
import type { RunOutcome } from '../../src/sync/run-once.ts'

const failed: RunOutcome = { kind: 'failed', reason: 'no route', url: undefined }
const fine = { kind: 'unchanged', fileDate: '2025-01-06', reason: 'same' } as RunOutcome

describe('another try', () => {
  /** Timers that a test fires by hand. */
  function retry(isAway = false) {
    const asked: string[] = []
    const delays: { ms: number; fire: () => void; cancelled: boolean }[] = []
    const ladder = createRetry({
      async ask(cloud) {
        asked.push(cloud)
        if (isAway) throw new Error('the database is away')
        return Promise.resolve()
      },
      delay(fire, ms) {
        const delay = { ms, fire, cancelled: false }
        delays.push(delay)
        return () => (delay.cancelled = true)
      },
      log: pino({ level: 'silent' }),
    })
    return { ...ladder, asked, delays }
  }

  it('comes for a run that could not be asked for, and for another try that could not', async () => {
    const { notAsked, noticed, delays, asked } = retry(true)
    notAsked('Public', new Error('the database is away'))
    delays.at(-1)?.fire()
    await new Promise(setImmediate)
    expect(asked).toEqual(['Public'])
    expect(delays.map(({ ms }) => ms / 60_000)).toEqual(RETRY_MINUTES.slice(0, 2))
    noticed('Public', fine)
    notAsked('Public', new Error('away again'))
    expect(delays.at(-1)?.ms).toBe((RETRY_MINUTES[0] ?? 0) * 60_000)
  })

  it('comes ever later after each failure, and then is left to the schedule', () => {
    const { noticed, delays, asked } = retry()
    for (let i = 0; i < RETRY_MINUTES.length + 2; i++) noticed('Public', failed)
    expect(delays.map(({ ms }) => ms / 60_000)).toEqual(RETRY_MINUTES)
    delays.at(-1)?.fire()
    expect(asked).toEqual(['Public'])
  })

  it('comes no earlier than the publisher asked for, and no earlier than the ladder says', () => {
    const { noticed, delays } = retry()
    const asked = { ...failed, retryAfterSeconds: 120 }
    noticed('Public', asked)
    noticed('Public', asked)
    noticed('Public', failed)
    expect(delays.map(({ ms }) => ms / 1000)).toEqual([120, 300, 900])
  })

  it('is called off by any other outcome, which begins the ladder anew', () => {
    const { noticed, delays } = retry()
    noticed('Public', failed)
    noticed('Public', fine)
    noticed('Public', failed)
    expect(delays.map(({ ms, cancelled }) => [ms / 60_000, cancelled])).toEqual([
      [RETRY_MINUTES[0], true],
      [RETRY_MINUTES[0], false],
    ])
  })

  it('is counted for each cloud alone, and stops with the service', () => {
    const { noticed, delays, stop } = retry()
    noticed('Public', failed)
    noticed('China', failed)
    expect(delays.map(({ ms }) => ms)).toEqual([60_000, 60_000])
    stop()
    noticed('Public', failed)
    expect(delays).toHaveLength(2)
    expect(delays.every(({ cancelled }) => cancelled)).toBe(true)
  })
})

describe('background work', () => {
  it('goes on after faults, and logs the first of them and the recovery', async () => {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) })
    let turns = 0
    const work = await new Promise<Repeated>((resolve) => {
      const repeated = every(
        1,
        () => {
          turns++
          if (turns === 4) resolve(repeated)
          return turns < 3 ? Promise.reject(new Error('database down')) : Promise.resolve()
        },
        { log, what: 'a test' },
      )
    })
    await work.stop()
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages).toEqual([
      'Background work failed, it is tried again',
      'Background work goes on again',
    ])
  })
})

it('lets a file be dated a week ahead of the clock, over the end of a year', () => {
  expect(latestPlausibleDate(new Date('2026-12-28T23:59:59Z'))).toBe('2027-01-05')
})
