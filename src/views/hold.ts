/** A candidate that waits for a person, or did, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { AddressTexts, DiffSummary } from '../core/diff-summary.ts'
import { HOLD_STATES, type Hold } from '../store/contract.ts'
import { addressCountsShape, type AddressCountsView } from './address-counts.ts'
import { guardReasonShape, guardReasonView } from './guard-reason.ts'
import { publicationShape } from './publication.ts'

const movedShape = {
  prefixesAdded: z.int().nonnegative(),
  prefixesRemoved: z.int().nonnegative(),
  gained: addressCountsShape,
  lost: addressCountsShape,
}

const diffShape = z
  .object({
    tagsChanged: z.int().nonnegative().describe('Added and removed ones included'),
    ...movedShape,
    tags: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(['added', 'removed', 'changed']),
          ...movedShape,
        }),
      )
      .describe('The tags that move the most addresses, at most 100'),
  })
  .meta({ id: 'HeldDiff', description: 'What it would change of what was published then' })

type DiffView = z.infer<typeof diffShape>

export const holdShape = z
  .object({
    id: z.int().positive(),
    cloud: z.enum(CLOUDS),
    fileDate: z.iso.date(),
    state: z
      .enum(HOLD_STATES)
      .describe('`replaced`: the publisher offers something else since, and nobody has to decide'),
    contentHash: z.string().describe('What approving it publishes, and nothing else'),
    documentSha256: z.string(),
    strategy: z.string().describe('How the file was found'),
    url: z.string(),
    heldSince: z.iso.datetime(),
    reasons: z.array(guardReasonShape),
    diff: diffShape.nullable().describe('Null for one of a version that did not keep it'),
    decision: z
      .object({ by: z.string(), reason: z.string(), at: z.iso.datetime() })
      .nullable()
      .describe('Who approved or rejected it'),
  })
  .meta({ id: 'Hold' })

export const holdsShape = z.object({ holds: z.array(holdShape) })

/** What a decision about a hold did. */
export const holdDecisionShape = z.object({
  hold: holdShape,
  publication: publicationShape
    .nullable()
    .describe('What is handed out from now on; null where nothing changes'),
})

export type HoldView = z.infer<typeof holdShape>
export type HoldDecisionView = z.infer<typeof holdDecisionShape>

export function holdView(hold: Hold): HoldView {
  const { id, cloud, fileDate, state, contentHash, documentSha256, strategy, url } = hold
  const { decision, diff } = hold
  return {
    id,
    cloud,
    fileDate,
    state,
    contentHash,
    documentSha256,
    strategy,
    url,
    heldSince: hold.createdAt.toISOString(),
    reasons: hold.reasons.map(guardReasonView),
    diff: diff ? diffView(diff) : null,
    decision: decision ? { ...decision, at: decision.at.toISOString() } : null,
  }
}

function diffView({ gained, lost, tags, ...counts }: DiffSummary): DiffView {
  return {
    ...counts,
    gained: countsView(gained),
    lost: countsView(lost),
    tags: tags.map((tag) => ({
      ...tag,
      gained: countsView(tag.gained),
      lost: countsView(tag.lost),
    })),
  }
}

/** IPv4 counts are numbers everywhere in the API; the store keeps both as text. */
function countsView({ ipv4, ipv6 }: AddressTexts): AddressCountsView {
  return { ipv4: Number(ipv4), ipv6 }
}
