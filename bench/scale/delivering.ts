/**
 * What a delivery costs on its whole way (job, attempt, answer, record), and how many webhooks one
 * replica gets to in a second. The receiver answers at once.
 */
import { median } from '../measure.ts'
import { startReceiver } from '../../test/support/receiver.ts'
import type { Costs } from './costs.ts'
import type { Fleet } from './fleet.ts'
import { beyond } from './history.ts'
import { idleSecond, type IdleSecond } from './idle.ts'

/** So many are sent to in some seconds. */
const WEBHOOKS = 80
const ROUNDS = 3

const PATIENCE_MS = 60_000

export type DeliveringCosts = Pick<
  Costs,
  | 'deliveryMs'
  | 'deliveryServerMs'
  | 'webhooksPerSecond'
  | 'idleMsPerWebhook'
  | 'idleServerMsPerWebhook'
>

/** @param idle of the fleet without a webhook */
export async function measureDelivering(fleet: Fleet, idle: IdleSecond): Promise<DeliveringCosts> {
  const { database, worker } = fleet
  const receiver = await startReceiver({ keepsBodies: false })
  try {
    for (let i = 0; i < WEBHOOKS; i++) {
      const url = `${receiver.origin}/${i}`
      await worker.ask('/v1/webhooks', 'POST', { url, events: ['webhook.test'] })
    }
    const withWebhooks = await idleSecond(fleet)
    const [spent, served, rates]: [number[], number[], number[]] = [[], [], []]
    for (let round = 1; round <= ROUNDS; round++) {
      const worked = await fleet.watch(async () => {
        await database.run(`INSERT INTO event (id, type, facts) VALUES ('evt_scale${round}',
          'webhook.test', '{"webhook": "", "text": "This is a test: nothing has happened."}')`)
        await within(receiver.until(() => receiver.received.length === round * WEBHOOKS))
        await fleet.quiet()
      })
      const used = beyond(worked, withWebhooks)
      spent.push(used.worker / WEBHOOKS)
      served.push(used.server / WEBHOOKS)
      // Of the second half: the first ones find everybody waiting.
      const times = receiver.received.slice(-WEBHOOKS / 2).map(({ at }) => at)
      const [first = 0, last = 0] = [times[0], times.at(-1)]
      rates.push((1_000 * (times.length - 1)) / (last - first))
    }
    return {
      deliveryMs: median(spent),
      deliveryServerMs: median(served),
      webhooksPerSecond: median(rates),
      idleMsPerWebhook: Math.max(0, (withWebhooks.worker - idle.worker) / WEBHOOKS),
      idleServerMsPerWebhook: Math.max(0, (withWebhooks.server - idle.server) / WEBHOOKS),
    }
  } finally {
    await receiver.close()
  }
}

async function within(arrived: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `deliveries did not arrive within ${PATIENCE_MS} ms`
    timer = setTimeout(() => reject(new Error(message)), PATIENCE_MS)
  })
  await Promise.race([arrived, late]).finally(() => clearTimeout(timer))
}
