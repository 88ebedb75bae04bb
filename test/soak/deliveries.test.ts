/** The short form of `npm run soak -- --only deliveries`: fewer events, the same receivers. */
import { expect, it } from 'vitest'
import { deliverMany } from '../../soak/deliveries/run.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith, program } from '../support/requirements.ts'

const PATIENCE_MS = 300_000

const short = { seed: 11, events: 30, copies: 0.3, say: (): void => undefined }

describeWith([program('openssl')], 'deliveries on the embedded database', () => {
  it('arrive in order, signed, at whoever can be reached', { timeout: PATIENCE_MS }, async () => {
    const { broken, reachable, requests } = await deliverMany({ ...short, engine: 'embedded' })
    expect(broken).toEqual([])
    expect(requests).toBeGreaterThanOrEqual(short.events * reachable)
  })
})

describeWith([postgres, program('openssl')], 'deliveries on PostgreSQL', () => {
  it('arrive in order, signed, at whoever can be reached', { timeout: PATIENCE_MS }, async () => {
    const { broken, reachable, requests } = await deliverMany({ ...short, engine: 'postgresql' })
    expect(broken).toEqual([])
    expect(requests).toBeGreaterThanOrEqual(short.events * reachable)
  })
})
