/**
 * Many events to many webhooks, half of which misbehave in every way a receiver can: whoever can be
 * reached gets every event, in order, under one id, signed; whoever cannot keeps nobody else waiting.
 */
import { postgres } from '../test/support/postgres.ts'
import { absent, type Figure, type Proof } from './contract.ts'
import { deliverMany, type DeliveryReport } from './deliveries/run.ts'

const EVENTS = 1_000

export const deliveries: Proof = {
  name: 'deliveries',
  claim:
    'Every event reaches every receiver that can be reached at least once, in order, under one id, ' +
    'with a signature that the reference library accepts',
  async run({ seed, count = EVENTS, say }) {
    if (postgres.missing !== undefined)
      return [absent('deliveries on PostgreSQL', postgres.missing)]
    const report = await deliverMany({ seed, events: count, engine: 'postgresql', copies: 1, say })
    for (const law of report.broken) say(law)
    return figuresOf(report, count)
  },
}

function figuresOf(report: DeliveryReport, events: number): Figure[] {
  const { webhooks, reachable, requests, repeats, broken, seconds, steadySeconds } = report
  return [
    {
      what: `events to ${webhooks} webhooks, all of them at each of the ${reachable} that can be reached`,
      value: String(events),
      limit: `${EVENTS}, nothing broken`,
      holds: broken.length === 0,
    },
    {
      what: 'requests that were received, and repeats among them',
      value: `${requests}, ${repeats}`,
    },
    {
      what: 'seconds until all had arrived, and until they had at the well-behaved',
      value: `${seconds.toFixed(1)}, ${steadySeconds.toFixed(1)}`,
    },
  ]
}
