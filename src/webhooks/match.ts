/** Which webhooks want to be told of an event. Pure. */
import type { Cloud } from '../core/cloud.ts'
import type { WebhookFilters } from '../store/telling-contract.ts'

/** What filters look at. */
export interface Concern {
  readonly type: string
  readonly cloud: Cloud | undefined
  readonly allowlist: string | undefined
  /** Undefined for an event that is not about tags. */
  readonly tags: readonly string[] | undefined
  /** See `changeSize`; undefined for an event that moves no addresses. */
  readonly size: bigint | undefined
}

/**
 * True if no filter speaks against it. A filter asks only events that have such a thing: one by tags
 * lets `sync.refused` through, and `events` is what leaves whole types out.
 */
export function wants(
  { events, clouds, allowlists, tags, minAddresses }: WebhookFilters,
  concern: Concern,
): boolean {
  return (
    admits(events, [concern.type]) &&
    admits(clouds, concern.cloud && [concern.cloud]) &&
    admits(allowlists, concern.allowlist === undefined ? undefined : [concern.allowlist]) &&
    admits(tags, concern.tags) &&
    (concern.size === undefined || concern.size >= minAddresses)
  )
}

function admits(wanted: readonly string[], has: readonly string[] | undefined): boolean {
  if (wanted.length === 0 || has === undefined) return true
  return wanted.some((one) => has.includes(one))
}
