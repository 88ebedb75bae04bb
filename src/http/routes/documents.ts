/** POST /v1/documents: a weekly file by hand, as `rangewarden import` takes it. */
import type { FastifyError, FastifyRequest } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { invalidInput, RangewardenError } from '../../core/errors.ts'
import { accept, type Result } from '../../core/result.ts'
import { parseWeeklyFileName } from '../../sources/file-name.ts'
import { unzip } from '../../sources/unzip.ts'
import { MAX_FILE_BYTES, type WeeklyFile } from '../../sources/weekly-files.ts'
import type { Store } from '../../store/contract.ts'
import { importFiles, publishNewest, type Imported } from '../../sync/import-files.ts'
import type { GuardDeps } from '../../sync/judge-candidate.ts'
import { guardReasonView } from '../../views/guard-reason.ts'
import { publicationView } from '../../views/publication.ts'
import { describeRefusals } from '../../views/refusal.ts'
import { snapshotView } from '../../views/snapshot.ts'
import { uploadShape, type UploadView } from '../../views/upload.ts'
import { requireAdmin } from '../admin.ts'
import { decided, type DecidedDeps } from '../decided.ts'
import { HttpError, problems } from '../problem.ts'

export interface DocumentRoutesOptions extends DecidedDeps {
  readonly store: Store
  readonly guard: GuardDeps
  readonly adminToken: string | undefined
}

const uploadQuery = z.strictObject({
  name: z
    .string()
    .describe(
      'Name of the file, as published: `ServiceTags_Public_20251028.json`, also with `.gz`',
    ),
  publish: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .describe(
      '`false`: only into history. For all but the newest of several files, or old ones would be ' +
        'handed out in between',
    ),
})

export const documentRoutes: FastifyPluginCallbackZod<DocumentRoutesOptions> = (
  app,
  options,
  done,
) => {
  // A weekly file is JSON, and its very bytes are kept.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, parsed) => parsed(null, body))

  app.route({
    method: 'POST',
    url: '/v1/documents',
    onRequest: requireAdmin(options.adminToken),
    bodyLimit: MAX_FILE_BYTES,
    errorHandler: explainTooLarge,
    schema: {
      operationId: 'uploadDocument',
      tags: ['documents'],
      summary: 'Takes a weekly file into history and publishes the newest one there',
      description:
        'What cannot be right is refused. What the guard would have held is told in `reasons`: ' +
        'an upload is a decision of a person. An older file becomes history and changes nothing ' +
        'of what is handed out; while a rollback is in force, no file does. The body may be sent ' +
        'with `Content-Encoding: gzip`.',
      security: [{ adminToken: [] }],
      querystring: uploadQuery,
      consumes: ['application/octet-stream'],
      body: z.unknown().describe('The file, as it is; another Content-Type is as good'),
      response: {
        200: uploadShape.describe('History had it'),
        201: uploadShape.describe('New to history'),
        ...problems(400, 401, 403, 413, 415, 422, 500, 503),
      },
    },
    handler: async (request, reply) => {
      const { name, publish } = request.query
      const file = fileNamed(name)
      const bytes = await uploadedBytes(request)
      const answer = await take(options, file, bytes, publish)
      return reply.code(answer.isNew ? 201 : 200).send(answer)
    },
  })
  done()
}

function fileNamed(name: string): WeeklyFile {
  const parsed = parseWeeklyFileName(name)
  if (!parsed.ok) throw invalidInput(`name "${name}": ${parsed.reason}`, { name })
  return { ...parsed.value, path: name, fileName: name }
}

/** As they would lie on a disk: only what HTTP did to them is undone. */
async function uploadedBytes({ body, headers }: FastifyRequest): Promise<Buffer> {
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw invalidInput('the body is empty: send the file itself')
  }
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return body
  if (encoding !== 'gzip') {
    throw new HttpError(
      'unsupported-media-type',
      `Content-Encoding ${encoding}: a file is sent as it is, or with gzip`,
    )
  }
  const unzipped = await unzip(body, MAX_FILE_BYTES)
  if (unzipped.ok) return unzipped.value
  throw invalidInput(`the body with Content-Encoding gzip: ${unzipped.reason}`)
}

async function take(
  options: DocumentRoutesOptions,
  file: WeeklyFile,
  bytes: Buffer,
  publish: boolean,
): Promise<UploadView> {
  const { store } = options
  const imported = await importOne(options, file, bytes)
  if (imported.kind === 'refused') {
    const { refusals } = imported
    throw new RangewardenError('upstream-refused', describeRefusals(refusals), { refusals })
  }
  const { snapshotId, isNew, reasons } = imported
  const about = new Map([[snapshotId, reasons]])
  const publication = publish ? await publishNewest(store, file.cloud, 'api', about) : undefined
  const facts = { decision: 'upload', cloud: file.cloud, name: file.fileName, isNew }
  await decided(options, { ...facts, snapshot: snapshotId, serial: publication?.serial })
  const record = await store.history.byId(snapshotId)
  if (!record) throw new Error(`the uploaded snapshot ${snapshotId} is gone`)
  return {
    snapshot: snapshotView(record),
    isNew,
    reasons: reasons.map(guardReasonView),
    publication: publication ? publicationView(publication) : null,
  }
}

async function importOne(
  { store, guard }: DocumentRoutesOptions,
  file: WeeklyFile,
  bytes: Buffer,
): Promise<Imported> {
  const read = (): Promise<Result<Buffer>> =>
    file.compressed ? unzip(bytes, MAX_FILE_BYTES) : Promise.resolve(accept(bytes))
  const deps = { ...guard, store, read, now: () => new Date(), strategy: 'upload' } as const
  for await (const imported of importFiles(deps, [file])) return imported
  throw new Error(`nothing came of ${file.fileName}`)
}

/** The limit of other bodies is another. */
function explainTooLarge(error: FastifyError): never {
  if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error
  throw new HttpError('body-too-large', `a file has at most ${MAX_FILE_BYTES} bytes`)
}
