/** POST /v1/allowlists/{name}/check: the list a device has against the one it should have. */
import type { FastifyError, FastifyRequest } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { invalidInput } from '../../core/errors.ts'
import type { Timelines } from '../../history/timelines.ts'
import {
  CHECKED_PARTS,
  checkDeployed,
  DEVICE_NAME,
  DEVICE_RULE,
} from '../../lists/check-deployed.ts'
import { readCheckedList } from '../../lists/checked-list.ts'
import {
  MAX_DEPLOYED_BYTES,
  readDeployedList,
  type DeployedFile,
} from '../../lists/deployed-list.ts'
import type { Lists } from '../../lists/lists.ts'
import type { ListStore } from '../../store/list-contract.ts'
import { unzip } from '../../sources/unzip.ts'
import { driftShape, driftView, type DriftView } from '../../views/drift.ts'
import { requireAdmin } from '../admin.ts'
import { HttpError, problems } from '../problem.ts'

export interface CheckRoutesOptions {
  readonly lists: Pick<Lists, 'definition' | 'current'>
  readonly timelines: Timelines
  readonly versions: ListStore['versions']
  readonly adminToken: string | undefined
  /** Told of every check that names its device, before it is answered. */
  readonly reported?: (drift: DriftView) => Promise<void>
}

/** What bodies are sent as; the first is anything that reads as text. */
const MEDIA_TYPES: Readonly<Record<string, DeployedFile['form']>> = {
  'text/plain': 'text',
  'application/octet-stream': 'text',
  'text/csv': 'csv',
  'application/json': 'json',
}

const checkQuery = z.strictObject({
  device: z
    .string()
    .regex(DEVICE_NAME, DEVICE_RULE)
    .optional()
    .describe('Reports it as the list of this device: asks for the admin token'),
  parts: z
    .enum(CHECKED_PARTS)
    .optional()
    .describe('What the submission is to have had; without it, what is found in it is compared'),
})

export const checkRoutes: FastifyPluginCallbackZod<CheckRoutesOptions> = (
  app,
  { lists, timelines, versions, adminToken, reported },
  done,
) => {
  const requireToken = requireAdmin(adminToken)
  // Also JSON is read by us: what is wrong in it is told like what is wrong in a line.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(Object.keys(MEDIA_TYPES), { parseAs: 'buffer' }, (_, body, parsed) =>
    parsed(null, body),
  )

  app.route({
    method: 'POST',
    url: '/v1/allowlists/:allowlist/check',
    onRequest(request, reply, next) {
      if (request.query.device === undefined) return next()
      return requireToken.call(this, request, reply, next)
    },
    bodyLimit: MAX_DEPLOYED_BYTES,
    errorHandler: explainBody,
    schema: {
      operationId: 'checkDeployedList',
      tags: ['allowlists'],
      summary: 'Compares a list that is deployed on a device with the allowlist',
      description:
        'Plain text with an entry on each line, JSON, CSV, or a file of most formats; what cannot ' +
        'be read is refused with its lines. Addresses and names are compared, not their spelling. ' +
        'Drift is an answer: 200. With `device`, the admin token is needed.',
      security: [{}, { adminToken: [] }],
      params: z.strictObject({ allowlist: z.string().describe('`app-proxy-ip`') }),
      querystring: checkQuery,
      consumes: Object.keys(MEDIA_TYPES),
      body: z.unknown().describe('The list as the device has it, UTF-8, at most 1 MB'),
      response: {
        200: driftShape,
        ...problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
      },
    },
    handler: async (request) => {
      const { device, parts } = request.query
      const { allowlist } = request.params
      const definition = lists.definition(allowlist)
      const { representations } = await lists.current(allowlist, 'json').load()
      const list = readCheckedList(representations.identity.body)
      const bytes = await sentBytes(request)
      const deployed = readDeployedList({ bytes, form: formOf(request), list: allowlist })
      const check = await checkDeployed(
        { timelines, versions },
        { definition, list, deployed, parts },
      )
      const drift = driftView(check, device)
      if (device !== undefined) await reported?.(drift)
      return drift
    },
  })
  done()
}

function formOf({ headers }: FastifyRequest): DeployedFile['form'] {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  return MEDIA_TYPES[type] ?? 'text'
}

/** No body is an empty list. */
async function sentBytes({ body, headers }: FastifyRequest): Promise<Uint8Array> {
  if (!Buffer.isBuffer(body)) return new Uint8Array()
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return body
  if (encoding !== 'gzip') {
    throw new HttpError(
      'unsupported-media-type',
      `Content-Encoding ${encoding}: a list is sent as it is, or with gzip`,
    )
  }
  const unzipped = await unzip(body, MAX_DEPLOYED_BYTES)
  if (unzipped.ok) return unzipped.value
  throw invalidInput(`the body with Content-Encoding gzip: ${unzipped.reason}`)
}

/** Other bodies have other limits, and are JSON. */
function explainBody(error: FastifyError): never {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    throw new HttpError('body-too-large', `a list has at most ${MAX_DEPLOYED_BYTES} bytes`)
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const types = Object.keys(MEDIA_TYPES).join(', ')
    throw new HttpError('unsupported-media-type', `a list is sent as one of ${types}`)
  }
  throw error
}
