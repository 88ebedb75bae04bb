/**
 * Events that wait -> deliveries. Oldest first, one at a time, so that every webhook gets them in
 * the order in which they were recorded, whichever process tells them.
 */
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { saysDatabaseIsAway } from '../store/away.ts'
import type { Store } from '../store/contract.ts'
import type { PendingEvent } from '../store/telling-contract.ts'
import { composeEvent, type ComposeDeps, type Composed } from './compose.ts'
import { wants } from './match.ts'
import { standard } from './formats/standard.ts'

export interface TellDeps extends ComposeDeps {
  readonly store: ComposeDeps['store'] & Pick<Store, 'events' | 'webhooks'>
  /** Answers if the database does. */
  readonly ping: () => Promise<void>
  readonly log: Logger
}

/** Read at once; more follow. */
const PAGE = 50

/** A body that cannot be made so often is a fault of ours, and must not keep back those behind it. */
const FAULTS = 5

/**
 * Tells everything that waits; gives how many events were told by this call.
 * @throws what the database does, and what kept a body from being made: it is tried again then
 */
export async function tellPending(deps: TellDeps, signal: AbortSignal): Promise<number> {
  let told = 0
  for (;;) {
    const pending = await deps.store.events.pending(PAGE)
    for (const event of pending) {
      if (signal.aborted) return told
      if (await tellOne(deps, event)) told++
      // The embedded engine answers without a pause: lists and timers have their turn here.
      await setImmediate()
    }
    if (pending.length < PAGE) return told
  }
}

async function tellOne(deps: TellDeps, event: PendingEvent): Promise<boolean> {
  const { events, webhooks } = deps.store
  const composed = await composedOrFault(deps, event)
  if (composed === 'given-up') return false
  if (!composed) {
    await events.dismiss(event.id)
    return false
  }
  const { body, tags = [], size } = composed
  const concern = { ...event, tags: composed.tags, size }
  const wanting = (await webhooks.subscribers()).filter((webhook) => {
    const { onlyFor } = event.facts
    if (onlyFor !== undefined) return webhook.id === onlyFor
    // Whoever subscribes is told of what happens from then on.
    return webhook.createdAt <= event.occurredAt && wants(webhook, concern)
  })
  const told = { body: standard.render(body), tags, size, webhooks: wanting.map(({ id }) => id) }
  return events.tell(event.id, told)
}

async function composedOrFault(
  deps: TellDeps,
  event: PendingEvent,
): Promise<Composed | undefined | 'given-up'> {
  try {
    return await composeEvent(deps, event)
  } catch (error) {
    // A database that is gone, or was a moment ago, is not the event's fault.
    if (saysDatabaseIsAway(error)) throw error
    await deps.ping()
    if (!(await deps.store.events.fault(event.id, FAULTS))) throw error
    const { id, type, cloud } = event
    deps.log.error(
      { err: error, event: id, type, cloud },
      'An event cannot be told, it is given up',
    )
    return 'given-up'
  }
}
