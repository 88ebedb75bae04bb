/** The short form of `npm run soak -- --only crashes`: a few crashes, inspected as there. */
import { describe, expect, it } from 'vitest'
import { crashEmbedded } from '../../soak/crashes/embedded.ts'
import { crashReplicas } from '../../soak/crashes/postgresql.ts'
import { crashesOf } from '../../soak/crashes/report.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

const PATIENCE_MS = 600_000

/** The full form holds replicas to 2 seconds, on a machine that does nothing else. */
const AGREEMENT_MS = 20_000

const say = (): void => undefined

describe('the service on its embedded database', () => {
  it('delivers what was committed, whenever it is killed', { timeout: PATIENCE_MS }, async () => {
    const report = await crashEmbedded({ seed: 5, crashes: 2, say })
    expect(report.findings).toEqual([])
    expect(crashesOf(report)).toBe(2)
    expect(report.deliveries).toBeGreaterThan(3)
  })
})

describeWith([postgres], 'a worker and two replicas on PostgreSQL', () => {
  it(
    'deliver what was committed and agree on every list, whatever is killed',
    { timeout: PATIENCE_MS },
    async () => {
      const options = { seed: 4, crashes: 8, say }
      const report = await crashReplicas(options, { lanes: 1, crashesPerSeries: 8 })
      expect(report.findings).toEqual([])
      expect(crashesOf(report)).toBe(8)
      expect([...report.crashes.keys()]).toHaveLength(4)
      const slowest = Math.round(Math.max(...report.agreements))
      console.info(`replicas agreed after at most ${slowest} ms of quiet`)
      expect(slowest).toBeLessThan(AGREEMENT_MS)
      expect(report.deliveries).toBeGreaterThan(8)
    },
  )
})
