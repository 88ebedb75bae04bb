/**
 * The short form of `npm run soak -- --only outage`: one outage of each kind, the same laws; and what
 * an outage can leave behind at one moment only.
 */
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { holdOutages } from '../../soak/outage/scenario.ts'
import { openSite } from '../../soak/outage/site.ts'
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
      for (const { refusals, headerBeforeMs } of times) {
        expect(refusals).toBeGreaterThanOrEqual(4)
        expect(headerBeforeMs).toBeGreaterThanOrEqual(0)
      }
      expect(told.events).toBeGreaterThan(4)
    },
  )

  it('carries out a run whose job was lost as soon as somebody asks again', async () => {
    const site = await openSite(12)
    onTestFinished(() => site.close())
    const patience = { timeout: 40_000, interval: 100 }
    const underWay = (): Promise<object[]> =>
      site.database.rows(`SELECT FROM run WHERE state <> 'finished'`)
    await expect.poll(underWay, patience).toHaveLength(0)
    const [lost] = await site.database.rows<{ id: string }>(`
      INSERT INTO run (id, cloud, trigger, dry_run)
      VALUES (gen_random_uuid(), 'Public', 'api', false) RETURNING id::text`)
    const asked = await site.ask('POST', '/v1/runs')
    const answer = z.object({ run: z.object({ id: z.string() }), joined: z.literal(true) })
    expect(answer.parse(JSON.parse(asked.text)).run.id).toBe(lost?.id)
    await expect.poll(underWay, patience).toHaveLength(0)
  })
})
