/** The short form of `npm run soak -- --only outage`: one outage of each kind, the same laws. */
import { expect, it } from 'vitest'
import { holdOutages } from '../../soak/outage/scenario.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

const PATIENCE_MS = 400_000

describeWith([postgres], 'a service whose database goes away', () => {
  it(
    'serves lists on and says so, refuses writes, and comes back with nothing lost or told twice',
    { timeout: PATIENCE_MS },
    async () => {
      const { times, told, broken } = await holdOutages({
        seed: 11,
        outages: ['killed', 'hanging'],
        refusals: 1,
        say: () => undefined,
      })
      expect(broken).toEqual([])
      expect(times.map(({ kind }) => kind)).toEqual(['killed', 'hanging'])
      expect(
        times.every(({ refusals, headerBeforeMs }) => refusals >= 4 && headerBeforeMs >= 0),
      ).toBe(true)
      expect(told.events).toBeGreaterThan(4)
    },
  )
})
