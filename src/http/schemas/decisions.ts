/** Bodies of the requests by which a person decides what is handed out. */
import { z } from 'zod'
import { CLOUDS } from '../../core/cloud.ts'
import { PUBLICATION_ACTIONS } from '../../sync/publication-wish.ts'

const reasonMember = z.string().describe('For whoever audits; one line')

export const holdDecisionBody = z.strictObject({
  by: z.string().describe('Name of the person who decides; one line'),
  reason: reasonMember,
  contentHash: z
    .string()
    .optional()
    .describe('What was looked at: if the hold is of another content, nothing is done'),
})

export const publicationBody = z.strictObject({
  cloud: z.enum(CLOUDS).optional().describe('Without it, the only followed cloud'),
  action: z
    .enum(PUBLICATION_ACTIONS)
    .default('rollback')
    .describe(
      '`rollback` hands out a snapshot of history, and the schedule does not undo it; `release` ' +
        'ends that; `purge` lets removed addresses leave every list of the cloud now',
    ),
  snapshot: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Of a rollback: a snapshot id, a file date (`2025-10-13`), `latest`, which pins what is ' +
        'there, or `previous`',
    ),
  until: z
    .string()
    .max(64)
    .optional()
    .describe(
      'When a rollback ends by itself: a day, whose end in UTC is meant, or a moment with its ' +
        'offset; without it, it waits to be released',
    ),
  by: z.string().default('api').describe('Who decides; one line'),
  reason: reasonMember,
})
