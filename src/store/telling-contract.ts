/**
 * What the store keeps of telling: events, who is told, and every series of attempts. Bodies and
 * facts are opaque here; what they mean is decided in src/webhooks.
 */
import type { Cloud } from '../core/cloud.ts'

/** Something that happened, on its way into the transaction that made it happen. */
export interface EventDraft {
  readonly type: string
  readonly cloud?: Cloud | undefined
  readonly allowlist?: string | undefined
  /** What can be told only once: a second draft with the same key is dropped. */
  readonly key?: string | undefined
  /** What the body is made of later, JSON values; links and filters come from there too. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Only this webhook is told, whatever its filters; undefined for all that want it. */
  readonly onlyFor?: string | undefined
}

/** An event whose body is not made yet. */
export interface PendingEvent {
  /** Sent as `webhook-id`. */
  readonly id: string
  /** In the order of being recorded; of one cloud, the order of its publications. */
  readonly seq: number
  readonly type: string
  readonly cloud: Cloud | undefined
  readonly allowlist: string | undefined
  readonly facts: Readonly<Record<string, unknown>>
  readonly occurredAt: Date
  /** How often its body could not be made. */
  readonly faults: number
}

/** What a pending event came to. */
export interface ToldEvent {
  /** Exactly what is sent by format `standard`, for ever. */
  readonly body: string
  /** Every tag that is concerned. */
  readonly tags: readonly string[]
  /** See `WebhookFilters.minAddresses`; undefined for events that move no addresses. */
  readonly size: bigint | undefined
  /** Ids of the enabled webhooks that want it. */
  readonly webhooks: readonly string[]
}

export interface KeptEvent {
  readonly id: string
  readonly type: string
  readonly body: string
}

export interface EventStore {
  /**
   * Records an event by itself, where nothing else is written; true unless its key was known. What
   * happens in the database records its event in the same transaction, inside this room.
   */
  record(draft: EventDraft): Promise<boolean>
  /** Oldest first. */
  pending(limit: number): Promise<PendingEvent[]>
  /**
   * Writes the body and a delivery for each webhook, and puts those to work, in one transaction;
   * false if another process has done so.
   */
  tell(id: string, told: ToldEvent): Promise<boolean>
  /** There is nothing to tell after all. */
  dismiss(id: string): Promise<void>
  /** The body could not be made; at `limit` times the event is given up. True if it is now. */
  fault(id: string, limit: number): Promise<boolean>
  /** The last event about this, told or not. */
  last(query: {
    type: string
    cloud?: Cloud
    allowlist?: string
  }): Promise<PendingEvent | undefined>
  /** Forgets events, with their deliveries, that ended more than so many days ago; gives how many. */
  forget(days: number): Promise<number>
}

/** Who wants to be told of what. An empty list is all; a filter asks only events that have such a thing. */
export interface WebhookFilters {
  readonly events: readonly string[]
  readonly clouds: readonly Cloud[]
  readonly allowlists: readonly string[]
  readonly tags: readonly string[]
  /**
   * The least that a change moves: IPv4 addresses gained and lost, an IPv6 /64 counting as one.
   * Asks only events that move addresses.
   */
  readonly minAddresses: bigint
}

export interface WebhookSettings extends WebhookFilters {
  readonly url: string
  readonly description: string
  readonly format: string
}

export interface Webhook extends WebhookSettings {
  readonly id: string
  /** The newest first; the second one after a rotation, until its end. */
  readonly secrets: readonly string[]
  readonly enabled: boolean
  /** Who or what disabled it, and why. */
  readonly disabledReason: string | undefined
  readonly disabledAt: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Deliveries that wait, failing ones included. */
  readonly waiting: number
}

/** Whom an event may concern. */
export interface Subscriber extends WebhookFilters {
  readonly id: string
  readonly createdAt: Date
}

export interface WebhookStore {
  create(settings: WebhookSettings, secret: string): Promise<Webhook>
  list(): Promise<Webhook[]>
  /** The enabled ones, without counting what waits for them: asked for every event. */
  subscribers(): Promise<Subscriber[]>
  byId(id: string): Promise<Webhook | undefined>
  /** Undefined if there is none. Enabling it lets what waits go on at once. */
  update(
    id: string,
    change: Partial<WebhookSettings> & { readonly enabled?: boolean; readonly reason?: string },
  ): Promise<Webhook | undefined>
  /**
   * Disables an enabled webhook and records `webhook.disabled`, in one transaction; false if it was
   * disabled already or is gone.
   */
  disable(id: string, reason: string): Promise<boolean>
  /** The secret before signs too for so many seconds. Undefined if there is no such webhook. */
  rotate(id: string, secret: string, formerSeconds: number): Promise<Webhook | undefined>
  /** With its deliveries. False if there was none. */
  delete(id: string): Promise<boolean>
}

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const

/** One attempt, as kept: JSON values only. */
export interface Attempt {
  readonly at: string
  readonly durationMs: number
  readonly status: number | null
  /** What went wrong; null for one that was delivered. */
  readonly reason: string | null
  /** The first bytes of the answer, printable. */
  readonly response: string | null
}

export interface Delivery {
  readonly id: number
  readonly webhookId: string
  readonly event: KeptEvent
  readonly state: (typeof DELIVERY_STATES)[number]
  /** Of this series of attempts. */
  readonly failures: number
  readonly nextAttemptAt: Date
  /** The last ones, oldest first. */
  readonly attempts: readonly Attempt[]
  readonly createdAt: Date
  readonly endedAt: Date | undefined
}

/** What an attempt came to. */
export type AttemptResult =
  | { readonly kind: 'delivered' }
  /** Another try in so many milliseconds, by the database's clock. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Given up. */
  | { readonly kind: 'failed' }

/** The oldest waiting delivery of a webhook, with where it goes. */
export interface NextDelivery {
  readonly id: number
  readonly event: KeptEvent
  readonly target: Pick<Webhook, 'url' | 'format' | 'secrets'>
  readonly failures: number
  /** Milliseconds until it is due, by the database's clock; 0 or less if it is. */
  readonly dueInMs: number
}

export interface DeliveryStore {
  /** Undefined if nothing waits, or the webhook is disabled or gone. */
  next(webhookId: string): Promise<NextDelivery | undefined>
  /**
   * Records an attempt of what `next` gave. False, and a failure counts for nothing, if somebody has
   * begun a new series, enabled the webhook or given it another URL meanwhile; an arrival counts.
   */
  attempted(
    next: Pick<NextDelivery, 'id' | 'failures' | 'target'>,
    attempt: Attempt,
    result: AttemptResult,
  ): Promise<boolean>
  /** Newest first; `before` is the id of the last one already seen. */
  list(query: {
    webhookId: string
    state?: Delivery['state'] | undefined
    limit: number
    before?: number | undefined
  }): Promise<Delivery[]>
  byId(id: number): Promise<Delivery | undefined>
  /**
   * Begins a new series for an ended delivery, or lets a waiting one be tried at once, and puts its
   * webhook to work. Undefined if there is no such delivery.
   */
  redeliver(id: number): Promise<Delivery | undefined>
  /** Enabled webhooks whose next delivery is due, those that are due the longest first. */
  due(limit: number): Promise<string[]>
  /** Waiting deliveries of enabled webhooks, and how many seconds the oldest has waited. */
  backlog(): Promise<{ waiting: number; oldestSeconds: number }>
}

/** What is wrong with a device, in numbers: JSON values. */
export interface DriftCounts {
  readonly ipv4: string
  readonly ipv6: string
  readonly names: number
}

export interface DeviceCheck {
  readonly allowlist: string
  readonly device: string
  readonly checkedAt: Date
  readonly inStep: boolean
  readonly missing: DriftCounts
  readonly extra: DriftCounts
  readonly stale: DriftCounts
}

export interface DeviceStore {
  /**
   * Keeps the last check of a device. Drift that is not what was found the last time (by digest) is
   * recorded as an event, in the same transaction.
   */
  checked(check: Omit<DeviceCheck, 'checkedAt'>, digest: string, drift: EventDraft): Promise<void>
  /** In the order of allowlists and devices. */
  list(): Promise<DeviceCheck[]>
}
