/** The short form of `npm run soak -- --only memory`: real files, and two answers made to take much. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newestWeeks } from '../../bench/weeks.ts'
import { digitsOf, MOST_BYTES, openScene, tinyObjects, type Scene } from '../../soak/memory.ts'
import { residentMemory } from '../support/peak-memory.ts'
import { bytes, compressed } from '../support/publisher.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith, realData } from '../support/requirements.ts'

describeWith([postgres, residentMemory, realData], 'a sync on PostgreSQL', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(() => scene.close())

  it('of the newest Public files, the first and the next, takes at most 300 MiB', async () => {
    for (const week of newestWeeks(2)) {
      const { code, said, peak } = await scene.sync(digitsOf(week), bytes(week.bytes))
      expect(said).toMatch(/: published /)
      expect(code).toBe(0)
      expect(peak).toBeGreaterThan(50 * 2 ** 20)
      expect(peak).toBeLessThanOrEqual(MOST_BYTES)
    }
  })

  it.each([
    ['60 MB', compressed(tinyObjects(60_000_000), 'gzip'), /refused: .*decompressed/],
    ['what may be read', compressed(tinyObjects(15_900_000), 'gzip'), /refused: .*at most/],
  ])('of %s of tiny objects refuses it in at most 300 MiB', async (_, file, why) => {
    const { code, said, peak } = await scene.sync('20261102', file)
    expect(said).toMatch(why)
    expect(code).toBe(4)
    expect(peak).toBeLessThanOrEqual(MOST_BYTES)
  })
})
