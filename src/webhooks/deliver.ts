/**
 * Deliveries of one webhook, in order: the next one is not tried before the one ahead of it has
 * arrived or is given up. What is due, and whether the webhook is still enabled, is asked anew before
 * every attempt.
 */
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from '../store/contract.ts'
import type { Attempt, AttemptResult, NextDelivery } from '../store/telling-contract.ts'
import { eventBodyShape } from './event.ts'
import { findWebhookFormat } from './formats/index.ts'
import { nextAttempt } from './ladder.ts'
import type { AttemptOutcome, Sender } from './send.ts'
import { signatureHeaders } from './sign.ts'

export interface DeliverDeps {
  readonly store: Pick<Store, 'deliveries' | 'webhooks'>
  readonly sender: Sender
  readonly log: Logger
  readonly now: () => Date
  /** In [0, 1): spreads what would come back at the same moment. */
  readonly random: () => number
  /** Told of every attempt that was made. */
  readonly attempted: (outcome: AttemptOutcome['kind']) => void
  /** Told of every delivery that was recorded as arrived or given up. */
  readonly ended?: (result: 'delivered' | 'failed') => void
}

/**
 * Sends what is due, until nothing is. An attempt that is cut off by the signal is none: it is made
 * again by whoever comes next, and the receiver may see it twice.
 */
export async function deliverDue(
  deps: DeliverDeps,
  webhookId: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const next = await deps.store.deliveries.next(webhookId)
    if (!next || next.dueInMs > 0) return
    const goesOn = await deliverOne(deps, webhookId, next, signal)
    if (!goesOn) return
    // Others have their turn, however many wait here.
    await setImmediate()
  }
}

/** True if the next one may follow. */
async function deliverOne(
  deps: DeliverDeps,
  webhookId: string,
  next: NextDelivery,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, now } = deps
  const at = now()
  const outcome = await attempt(deps, next, at, signal)
  if (signal.aborted && outcome.kind !== 'delivered') return false
  deps.attempted(outcome.kind)
  const result = resultOf(deps, next, outcome)
  const isRecorded = await store.deliveries.attempted(next, attemptOf(outcome, at), result)
  // Somebody has changed something meanwhile: it is asked for anew.
  if (!isRecorded) return true
  if (result.kind !== 'again') deps.ended?.(result.kind)
  const why = disablingReason(outcome, result)
  if (why === undefined) return result.kind === 'delivered'
  const isNews = await store.webhooks.disable(webhookId, why)
  if (isNews) deps.log.warn({ webhook: webhookId, reason: why }, 'A webhook was disabled')
  return false
}

async function attempt(
  { sender }: DeliverDeps,
  { event, target }: NextDelivery,
  timestamp: Date,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const format = findWebhookFormat(target.format)
  if (!format) throw new Error(`the database holds an unknown webhook format ${target.format}`)
  // What was stored is sent to the byte; other formats are made of what it says.
  const isStandard = format.name === 'standard'
  const said = isStandard ? undefined : eventBodyShape.safeParse(JSON.parse(event.body))
  if (said?.success === false) {
    // Of a newer or an older version of the service, which may be the one that tries again.
    const reason = `this version cannot write the event ${event.type} as ${format.name}`
    return { kind: 'failed', reason, durationMs: 0, response: '' }
  }
  const body = said ? format.render(said.data) : event.body
  const signature = signatureHeaders({ id: event.id, timestamp, body, secrets: target.secrets })
  return sender.send({
    url: target.url,
    headers: { 'content-type': format.contentType, ...signature },
    body,
    signal,
    ...(format.judge ? { judge: format.judge } : {}),
  })
}

function resultOf(
  { now, random }: DeliverDeps,
  { failures }: NextDelivery,
  outcome: AttemptOutcome,
): AttemptResult {
  if (outcome.kind === 'delivered') return { kind: 'delivered' }
  if (outcome.kind === 'gone') return { kind: 'failed' }
  const { retryAfterSeconds } = outcome.kind === 'failed' ? outcome : {}
  const at = now()
  const next = nextAttempt({ failures: failures + 1, now: at, retryAfterSeconds, random: random() })
  if (next === 'exhausted') return { kind: 'failed' }
  return { kind: 'again', afterMs: next.at.getTime() - at.getTime() }
}

function disablingReason(outcome: AttemptOutcome, result: AttemptResult): string | undefined {
  if (outcome.kind === 'gone') return `the receiver says that it is gone (${outcome.status})`
  if (result.kind !== 'failed') return undefined
  const last = outcome.kind === 'delivered' ? '' : `: ${outcome.reason}`
  return `every attempt of three days failed${last}`
}

function attemptOf(outcome: AttemptOutcome, at: Date): Attempt {
  const { durationMs, response } = outcome
  return {
    at: at.toISOString(),
    durationMs: Math.round(durationMs),
    status: 'status' in outcome ? (outcome.status ?? null) : null,
    reason: 'reason' in outcome ? outcome.reason : null,
    response: response === '' ? null : response,
  }
}
