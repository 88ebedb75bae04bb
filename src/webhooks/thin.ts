/**
 * Keeps bodies small enough to be sent anywhere. Names are left out from the end of the longest list
 * and counted; texts are shortened and say so; a name or a link is never cut, since what is left of
 * it would be another one.
 */
import { grouped } from '../core/guard-reasons.ts'
import {
  eventBodyShape,
  MOST_LINES,
  MOST_NAMES,
  MOST_REASONS,
  MOST_REFUSALS,
  type EventBody,
} from './event.ts'
import { shortened } from './shorten.ts'

/** Standard Webhooks asks for less than 20 kB. */
export const MOST_BYTES = 20_000

/** Of each text by itself, as JSON: 500 characters of any language fit. */
const MOST_TEXT_BYTES = 2_000

/** Of each part of a refusal, in characters. */
const MOST_REFUSAL_LENGTH = 300

/**
 * The body, its JSON at most `MOST_BYTES` long. A body that fits already comes out as it is.
 * @throws ZodError for a body that is not of its type's shape
 */
export function fitBody(body: EventBody): EventBody {
  const copy = structuredClone(body)
  if (copy.type === 'sync.refused') copy.data.refusals.forEach(shortenRefusal)
  shortenTexts(copy)
  const lists = listsOf(copy)
  for (let excess = excessOf(copy); excess > 0; excess = excessOf(copy)) shrink(lists, excess)
  return eventBodyShape.parse(copy)
}

function excessOf(body: EventBody): number {
  return bytesOf(body) - MOST_BYTES
}

/** How many bytes the value takes as JSON. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function shortenRefusal(refusal: { path: string; value: string; reason: string }): void {
  refusal.path = shortened(refusal.path, MOST_REFUSAL_LENGTH)
  refusal.value = shortened(refusal.value, MOST_REFUSAL_LENGTH)
  refusal.reason = shortened(refusal.reason, MOST_REFUSAL_LENGTH)
}

type Members = Record<string, unknown>

/** Shortens every text in place; names and links are not texts. */
function shortenTexts(holder: Members): void {
  for (const [key, value] of Object.entries(holder)) {
    if (key === 'names' && Array.isArray(value)) continue
    if (key === 'links' && isMembers(value)) dropHugeLinks(value)
    else if (typeof value === 'string') holder[key] = shortened(value, MOST_TEXT_BYTES, bytesOf)
    else if (isMembers(value)) shortenTexts(value)
  }
}

/** Lists too: their places are names of members. */
function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function dropHugeLinks(links: Members): void {
  for (const [key, link] of Object.entries(links)) {
    if (typeof link !== 'string' || bytesOf(link) <= MOST_TEXT_BYTES) continue
    links[key] = `(a link of ${grouped(link.length)} characters)`
  }
}

/** A list that can be told in part. */
interface Shrinkable {
  /** How many bytes the items take that could be left out yet. */
  bytes(): number
  /** Leaves out the last item. */
  drop(): void
}

/** Leaves out items until so many bytes are gone, always of the list that takes the most. */
function shrink(lists: readonly Shrinkable[], excess: number): void {
  for (let left = excess; left > 0;) {
    const [longest] = lists.toSorted((a, b) => b.bytes() - a.bytes())
    const before = longest?.bytes() ?? 0
    if (!longest || before === 0) throw new Error('a body without lists is too long')
    longest.drop()
    left -= before - longest.bytes()
  }
}

function listsOf(body: EventBody): readonly Shrinkable[] {
  switch (body.type) {
    case 'ranges.changed':
      return [namesOf(body.data.tags)]
    case 'allowlist.changed':
      return [namesOf(body.data.names.added), namesOf(body.data.names.removed)]
    case 'drift.detected':
      return [body.data.missing, body.data.extra, body.data.stale].flatMap((drift) => [
        namesOf(drift.networks),
        namesOf(drift.names),
      ])
    case 'sync.held':
      return [textsOf(body.data.reasons, MOST_REASONS)]
    case 'sync.refused': {
      const { data } = body
      return [countedItems(data.refusals, MOST_REFUSALS, data)]
    }
    case 'report.weekly':
      return [textsOf(body.data.lines, MOST_LINES)]
    case 'source.quiet':
    case 'source.failing':
    case 'source.recovered':
    case 'webhook.disabled':
    case 'webhook.test':
      return []
  }
}

function namesOf(list: { names: string[]; more: number }): Shrinkable {
  return countedItems(list.names, MOST_NAMES, list)
}

/** Items whose holder counts those that are left out. */
function countedItems(items: unknown[], most: number, holder: { more: number }): Shrinkable {
  return shrinkable(items, most, () => {
    holder.more++
    return items.pop()
  })
}

/** Texts that nothing counts: the last one says how many are left out. */
function textsOf(texts: string[], most: number): Shrinkable {
  let leftOut = 0
  return shrinkable(texts, most, () => {
    if (leftOut > 0) texts.pop()
    const text = texts.pop()
    texts.push(`… and ${grouped(++leftOut)} more`)
    return text
  })
}

/** `leaveOut` gives the item that it took away. */
function shrinkable(items: unknown[], most: number, leaveOut: () => unknown): Shrinkable {
  let bytes = items.reduce<number>((sum, item) => sum + bytesOf(item), 0)
  const list = { bytes: () => bytes, drop: () => void (bytes -= bytesOf(leaveOut())) }
  while (items.length > most) list.drop()
  return list
}
