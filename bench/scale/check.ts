/**
 * Whether the model holds: an installation of several times the lists and webhooks that unit costs
 * were measured with is run and watched.
 */
import { z } from 'zod'
import { startReceiver } from '../../test/support/receiver.ts'
import type { Observed } from './costs.ts'
import { startServer, type Server } from './database.ts'
import { openFleet, type Fleet } from './fleet.ts'
import { beyond } from './history.ts'
import { idleSecond } from './idle.ts'
import { storeSample } from './listing.ts'
import { weeksOf } from './weeks.ts'

const LISTS = 240
const WEBHOOKS = 320

/** The week that is watched comes after some that let the code be compiled. */
const WEEKS = 4

const MS = 1_000

/** @param say told of each part as it begins */
export async function observe(say: (what: string) => void): Promise<Observed> {
  const server = await startServer()
  try {
    return await observeOn(server, say)
  } finally {
    await server.stop()
  }
}

async function observeOn(server: Server, say: (what: string) => void): Promise<Observed> {
  say(`${LISTS} lists`)
  const fleet = await openFleet(server, ['Public'])
  const receiver = await startReceiver({ keepsBodies: false })
  try {
    await fleet.startApi()
    const weeks = weeksOf('Public', WEEKS)
    const [first, last] = [weeks[0], weeks.at(-1)]
    if (!first || !last) throw new Error('weeks are needed')
    for (const week of weeks.slice(0, -1)) await fleet.publish(week)
    await storeSample(fleet, first, LISTS)
    say(`${WEBHOOKS} webhooks`)
    for (let i = 0; i < WEBHOOKS; i++) {
      const url = `${receiver.origin}/${i}`
      await fleet.worker.ask('/v1/webhooks', 'POST', { url, events: ['ranges.changed'] })
    }
    const idle = await idleSecond(fleet)
    say('a week')
    const watched = await fleet.watch(async () => {
      const outcome = await fleet.publish(last)
      if (outcome !== 'published') throw new Error('the week says nothing new')
    })
    const worked = beyond(watched, idle)
    const { resident } = await fleet.api().memory()
    return {
      date: new Date().toISOString(),
      lists: LISTS,
      webhooks: WEBHOOKS,
      statements: idle.workerStatements,
      idleShare: idle.worker / MS,
      workerSeconds: worked.worker / MS,
      replicaSeconds: worked.api / MS,
      toldSeconds: await toldSeconds(fleet),
      replicaBytes: resident,
    }
  } finally {
    await receiver.close()
    await fleet.close()
  }
}

/** From the commit that published the week to the record of the last delivery, by the database's clock. */
async function toldSeconds({ database }: Fleet): Promise<number> {
  const seconds = await database.number(`
    SELECT extract(epoch FROM max(d.ended_at) - max(e.occurred_at))
    FROM event e JOIN delivery d ON d.event_id = e.id WHERE e.type = 'ranges.changed'`)
  return z.number().positive().parse(seconds)
}
