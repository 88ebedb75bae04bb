/** What must be true at every receiver, whatever it did to what was sent to it. */
import { Webhook as Verifier } from 'standardwebhooks'
import type { Store } from '../../src/store/contract.ts'
import type { Received } from '../../test/support/receiver.ts'

export interface Subscription {
  readonly id: string
  readonly name: string
  readonly mood: 'steady' | 'moody' | 'never'
  readonly path: string
  readonly secret: string
}

export interface Outcome {
  readonly store: Pick<Store, 'deliveries' | 'webhooks'>
  readonly subscriptions: readonly Subscription[]
  readonly received: readonly Received[]
  readonly events: number
}

export async function brokenLaws(outcome: Outcome): Promise<string[]> {
  const byPath = Map.groupBy(outcome.received, ({ path }) => path)
  const broken: string[] = []
  const bodies = new Map<string, string>()
  for (const subscription of outcome.subscriptions) {
    const requests = byPath.get(subscription.path) ?? []
    const say = (law: string): void =>
      void broken.push(`${subscription.path} (${subscription.name}): ${law}`)
    requests.forEach((request) => checkRequest(subscription, request, bodies, say))
    if (subscription.mood === 'never') await checkUnreachable(outcome, subscription, requests, say)
    else checkOrder(requests, outcome.events, say)
  }
  return broken
}

/** The same id is the same body, at whichever receiver and attempt; each attempt is signed anew. */
function checkRequest(
  { secret }: Subscription,
  { headers, body }: Received,
  bodies: Map<string, string>,
  say: (law: string) => void,
): void {
  const id = String(headers['webhook-id'])
  const text = body.toString()
  try {
    new Verifier(secret).verify(text, headers as Record<string, string>)
  } catch (error) {
    say(`the signature of ${id} is not accepted: ${String(error)}`)
  }
  const known = bodies.get(id)
  if (known !== undefined && known !== text) say(`${id} came with another body`)
  bodies.set(id, text)
}

function checkOrder(
  requests: readonly Received[],
  events: number,
  say: (law: string) => void,
): void {
  const firsts = new Map<string, number>()
  for (const { headers, body } of requests) {
    const id = String(headers['webhook-id'])
    if (!firsts.has(id)) firsts.set(id, numberIn(body))
  }
  const numbers = [...firsts.values()]
  if (numbers.length !== events) say(`${numbers.length} of ${events} events arrived`)
  const wrong = numbers.findIndex((number, i) => number !== i)
  if (wrong >= 0) say(`event ${String(numbers[wrong])} arrived in the place of event ${wrong}`)
}

function numberIn(body: Buffer): number {
  return Number(/"run-(\d+)"/.exec(body.toString())?.[1])
}

/** Nothing that waits behind a failing delivery is tried, and a receiver that is gone is left alone. */
async function checkUnreachable(
  { store }: Outcome,
  { id, name }: Subscription,
  requests: readonly Received[],
  say: (law: string) => void,
): Promise<void> {
  const ids = new Set(requests.map(({ headers }) => headers['webhook-id']))
  if (ids.size > 1) say(`${ids.size} events were tried although the first has not arrived`)
  const delivered = await store.deliveries.list({ webhookId: id, state: 'delivered', limit: 1 })
  if (delivered.length > 0) say('a delivery counts as arrived')
  const webhook = await store.webhooks.byId(id)
  if (webhook?.enabled !== (name !== 'gone')) say(`enabled is ${String(webhook?.enabled)}`)
}
