import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { startKeepingUp, type KeepUp } from '../../src/sync/keep-up.ts'

const HOUR = 3_600_000

let keepUp: KeepUp | undefined
afterEach(() => keepUp?.stop())

/** Looks that end when the test says so, on a clock of the test's. */
function world({ intervalMs = HOUR } = {}) {
  const logged: string[] = []
  const log = pino(
    {},
    { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) },
  )
  const looks: { end(): void; fail(): void }[] = []
  let time = 0
  keepUp = startKeepingUp({
    look: () =>
      new Promise((resolve, reject) => {
        looks.push({ end: resolve, fail: () => reject(new Error('the database is away')) })
      }),
    intervalMs,
    now: () => new Date(time),
    log,
  })
  return {
    keepUp,
    looks,
    logged,
    pass: (ms: number) => void (time += ms),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

describe('keeping up with the database', () => {
  it('looks when it is told, never twice at once, and once more for what came meanwhile', async () => {
    const { keepUp, looks, settled } = world()
    keepUp.wake()
    keepUp.wake()
    keepUp.wake()
    expect(looks).toHaveLength(1)
    looks[0]?.end()
    await settled()
    expect(looks).toHaveLength(2)
    looks[1]?.end()
    await settled()
    expect(looks).toHaveLength(2)
  })

  it('looks by itself', async () => {
    const { looks } = world({ intervalMs: 1 })
    await expect.poll(() => looks.length).toBe(1)
    looks[0]?.end()
    await expect.poll(() => looks.length).toBe(2)
    looks[1]?.end()
  })

  it('says since when it has not worked, and says so once in the log', async () => {
    const { keepUp, looks, logged, pass, settled } = world({ intervalMs: 1 })
    expect(keepUp.unverifiedSince()).toBeUndefined()
    pass(1000)
    keepUp.wake()
    pass(20_000)
    expect(keepUp.unverifiedSince()).toEqual(new Date(0))
    looks[0]?.end()
    await settled()
    // It was up to date when the look began, not when it ended.
    expect(keepUp.unverifiedSince()).toEqual(new Date(1000))

    await expect.poll(() => looks.length).toBe(2)
    looks[1]?.fail()
    await expect.poll(() => looks.length).toBe(3)
    looks[2]?.fail()
    await expect.poll(() => looks.length).toBe(4)
    expect(keepUp.unverifiedSince()).toEqual(new Date(1000))
    looks[3]?.end()
    await settled()
    expect(keepUp.unverifiedSince()).toBeUndefined()
    expect(logged).toEqual([
      'Background work failed, it is tried again',
      'Background work goes on again',
    ])
  })

  it('ends with the look that is under way', async () => {
    const { keepUp, looks, settled } = world()
    keepUp.wake()
    let ended = false
    const ending = keepUp.stop().then(() => (ended = true))
    await settled()
    expect(ended).toBe(false)
    keepUp.wake()
    looks[0]?.end()
    await ending
    expect(looks).toHaveLength(1)
  })
})
