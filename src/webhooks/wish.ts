/** What somebody wants of a webhook, checked against what there is to be told of. */
import type { Cloud } from '../core/cloud.ts'
import { invalidInput } from '../core/errors.ts'
import { suggestion } from '../core/nearest-name.ts'
import type { Lists } from '../lists/lists.ts'
import type { WebhookSettings } from '../store/telling-contract.ts'
import type { AddressGuard } from './address-guard.ts'
import { checkWebhookUrl } from './webhook-url.ts'

export interface WishDeps {
  readonly guard: AddressGuard
  readonly lists: Pick<Lists, 'definitions' | 'published'>
  /** The followed ones. */
  readonly clouds: readonly Cloud[]
}

/** Longest list of a filter: whoever wants more wants all. */
const MOST_FILTERED = 200

/**
 * The settings as they are stored. A name that nothing is called would never be told of, and is
 * refused; tags are known once something is published.
 * @throws RangewardenError `invalid-input` naming the member, the value and the rule
 */
export function checkWish(
  { guard, lists, clouds }: WishDeps,
  wish: Partial<WebhookSettings>,
): Partial<WebhookSettings> {
  const { url, allowlists, tags } = wish
  const checked = url === undefined ? undefined : checkWebhookUrl(url, guard)
  if (checked?.ok === false) throw invalidInput(`url: ${checked.reason}`, { member: 'url' })
  for (const cloud of wish.clouds ?? []) {
    if (clouds.includes(cloud)) continue
    throw invalidInput(`clouds: ${cloud} is not followed here: followed are ${clouds.join(', ')}`)
  }
  requireKnown('allowlists', 'allowlist', allowlists, () => lists.definitions().map(nameOf))
  const published = clouds.flatMap((cloud) => lists.published(cloud) ?? [])
  if (published.length === clouds.length) {
    requireKnown('tags', 'service tag', tags, () => [
      ...new Set(published.flatMap(({ snapshot }) => [...snapshot.tags.keys()])),
    ])
  }
  return checked ? { ...wish, url: checked.value.href } : wish
}

function requireKnown(
  member: string,
  kind: string,
  wanted: readonly string[] | undefined,
  known: () => readonly string[],
): void {
  if (wanted === undefined || wanted.length === 0) return
  if (wanted.length > MOST_FILTERED) {
    throw invalidInput(`${member}: at most ${MOST_FILTERED}, not ${wanted.length}`, { member })
  }
  const names = known()
  const unknown = wanted.find((name) => !names.includes(name))
  if (unknown === undefined) return
  const hint = suggestion(unknown, names)
  throw invalidInput(`${member}: there is no ${kind} ${JSON.stringify(unknown)}${hint}`, { member })
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}
