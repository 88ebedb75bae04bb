/** GET /v1/report: the week for whoever audits it, for programs and for people. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ReportDeps } from '../../report/contract.ts'
import { REPORT_FORMATS, REPORT_MEDIA_TYPES, writeReport } from '../../report/write.ts'
import { reportShape } from '../../views/report.ts'
import { problems } from '../problem.ts'
import { cloudParameter } from '../schemas/parameters.ts'

export interface ReportRoutesOptions {
  readonly report: ReportDeps
  /** Whether a request with this Authorization header may know the operator's devices. */
  readonly seesDevices: (authorization: string | undefined) => boolean
}

/** The page has its style inside and nothing else. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

export const reportRoutes: FastifyPluginCallbackZod<ReportRoutesOptions> = (
  app,
  { report, seesDevices },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/v1/report',
    schema: {
      operationId: 'getReport',
      tags: ['report'],
      summary:
        'What a week changed, what was decided, and what is due; devices and their drift for those ' +
        'who send a token',
      querystring: z.strictObject({
        week: z
          .string()
          .max(16)
          .optional()
          .describe('`2025-W44`, Monday to Sunday in UTC; without it, the last that is over'),
        format: z.enum(REPORT_FORMATS).default('json'),
        cloud: cloudParameter.describe('Only this followed cloud; without it, all of them'),
      }),
      response: {
        200: {
          description: 'The report as of this moment',
          content: {
            'application/json': { schema: reportShape },
            'text/markdown': { schema: z.unknown() },
            'text/html': { schema: z.unknown() },
          },
        },
        ...problems(400, 500, 503),
      },
    },
    handler: async ({ query: { format, week, cloud }, headers }, reply) => {
      const devices = seesDevices(headers.authorization) ? report.devices : undefined
      const text = await writeReport({ ...report, devices }, format, { week, cloud }, new Date())
      if (format === 'html') void reply.header('content-security-policy', PAGE_POLICY)
      return reply.type(REPORT_MEDIA_TYPES[format]).send(Buffer.from(text))
    },
  })
  done()
}
