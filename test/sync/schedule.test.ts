import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { startSchedule } from '../../src/sync/schedule.ts'

const log = pino({ level: 'silent' })

it('gives every process the same moment, whatever its jitter', async () => {
  const [one, other]: [Date[], Date[]] = [[], []]
  for (const moments of [one, other]) {
    const ask = (dueAt: Date): Promise<void> => Promise.resolve(void moments.push(dueAt))
    onTestFinished(startSchedule('* * * * * *', ask, log, 600))
  }
  await expect.poll(() => Math.min(one.length, other.length), { timeout: 30_000 }).toBe(3)
  const texts = (moments: readonly Date[]) => moments.slice(0, 3).map((date) => date.toISOString())
  expect(texts(one).every((text) => text.endsWith('.000Z'))).toBe(true)
  const common = texts(one).filter((text) => texts(other).includes(text))
  // One may have begun a second before the other.
  expect(common.length).toBeGreaterThanOrEqual(2)
})

it('goes on after a wish that failed', async () => {
  let asked = 0
  const ask = (): Promise<void> => {
    asked++
    return Promise.reject(new Error('the database is away'))
  }
  onTestFinished(startSchedule('* * * * * *', ask, log, 0))
  await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
})
