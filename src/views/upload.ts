/** What came of a file that was uploaded, as shown. */
import { z } from 'zod'
import { guardReasonShape } from './guard-reason.ts'
import { publicationShape } from './publication.ts'
import { snapshotShape } from './snapshot.ts'

export const uploadShape = z
  .object({
    snapshot: snapshotShape,
    isNew: z.boolean().describe('False when history had this content of this date'),
    reasons: z
      .array(guardReasonShape)
      .describe('Why the guard would have held it, had it come by itself: an upload is not held'),
    publication: publicationShape
      .nullable()
      .describe('Null where what is handed out stays the same'),
  })
  .meta({ id: 'Upload' })

export type UploadView = z.infer<typeof uploadShape>
