/** The bytes of lists: of stored ones, of a selection nobody stored, and under paths for devices. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Exporter } from '../../../exporters/contract.ts'
import type { Cloud } from '../../core/cloud.ts'
import { invalidInput, notFound } from '../../core/errors.ts'
import { cloudOrOnly, resolveSnapshot } from '../../history/resolve.ts'
import { entriesAtMost, extraAtMost, NEVER_EXTRA } from '../../lists/budget.ts'
import { graceDays, unstoredDefinition } from '../../lists/definition.ts'
import type { Lists } from '../../lists/lists.ts'
import { API_ROUTE, DEVICE_ROUTE, VERSION_ROUTE } from '../../lists/paths.ts'
import { findFormat } from '../../lists/render.ts'
import { suggestion } from '../../core/nearest-name.ts'
import type { HistoryStore } from '../../store/contract.ts'
import type { KnownStates } from '../list-headers.ts'
import { sendList, sendStored } from '../lists-reply.ts'
import { emptyQueryFirst, formatParameter, listResponses } from '../schemas/lists.ts'
import { atParameter, cloudParameter, noQuery, severalParameter } from '../schemas/parameters.ts'

export interface DeviceRoutesOptions {
  readonly lists: Lists
  readonly freshness: KnownStates
  readonly exporters: readonly Exporter[]
}

export interface ListRoutesOptions extends DeviceRoutesOptions {
  readonly history: HistoryStore
}

export interface ExportRoutesOptions extends ListRoutesOptions {
  readonly clouds: readonly Cloud[]
}

/** Digits alone: an empty value must not be read as no days. */
const graceParameter = z
  .string()
  .regex(/^\d{1,3}$/, 'a whole number of days')
  .transform(Number)
  .pipe(graceDays)
  .optional()
  .describe(graceDays.description ?? '')

const maxEntriesParameter = z
  .string()
  .regex(/^\d{1,7}$/, 'a whole number of entries')
  .transform(Number)
  .pipe(entriesAtMost)
  .optional()
  .describe(`Widens the list to fit. ${entriesAtMost.description ?? ''}`)

const maxExtraPercentParameter = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,6})?$/, 'a decimal number of percent')
  .transform(Number)
  .pipe(extraAtMost)
  .optional()
  .describe(`With \`maxEntries\`. ${extraAtMost.description ?? ''}`)

const GET_AND_HEAD: ['GET', 'HEAD'] = ['GET', 'HEAD']

export const allowlistFileRoutes: FastifyPluginCallbackZod<ListRoutesOptions> = (
  app,
  { lists, freshness, history, exporters },
  done,
) => {
  app.setValidatorCompiler(emptyQueryFirst)
  app.route({
    method: GET_AND_HEAD,
    url: API_ROUTE,
    schema: {
      operationId: 'getList',
      tags: ['lists'],
      summary: 'An allowlist in a format, now or as of a past day',
      params: z.strictObject({ allowlist: z.string(), format: formatParameter(exporters) }),
      querystring: z.strictObject({ at: atParameter }),
      response: listResponses(exporters),
    },
    handler: (request, reply) => {
      const { allowlist, format } = request.params
      const { at } = request.query
      if (at === undefined) {
        return sendStored(request, reply, lists.current(allowlist, format), freshness)
      }
      const definition = lists.definition(allowlist)
      return resolveSnapshot(history, definition.cloud, at)
        .then((record) => lists.asOf(definition, format, record))
        .then((list) => {
          sendList(request, reply, list)
          return reply
        })
    },
  })
  done()
}

export const exportRoutes: FastifyPluginCallbackZod<ExportRoutesOptions> = (
  app,
  { lists, freshness, history, exporters, clouds },
  done,
) => {
  app.route({
    method: GET_AND_HEAD,
    url: '/v1/export/:format',
    schema: {
      operationId: 'exportSelection',
      tags: ['lists'],
      summary: 'A selection in a format, without storing a definition',
      params: z.strictObject({ format: formatParameter(exporters) }),
      querystring: z.strictObject({
        cloud: cloudParameter,
        tag: severalParameter.describe('Service tags; repeated or separated by commas'),
        region: severalParameter.describe('Regions the tags are limited to, likewise'),
        family: severalParameter.describe('`ipv4`, `ipv6`, likewise; without it, both'),
        endpoints: severalParameter.describe('Endpoint services whose names are needed, likewise'),
        removalGraceDays: graceParameter,
        maxEntries: maxEntriesParameter,
        maxExtraPercent: maxExtraPercentParameter,
        never: severalParameter.describe(`With \`maxEntries\`. ${NEVER_EXTRA}`),
        shard: z
          .string()
          .optional()
          .describe('`2of8`: the second of eight lists that the networks are split over'),
        at: atParameter,
      }),
      response: listResponses(exporters),
    },
    handler: async (request, reply) => {
      const { at, removalGraceDays, maxEntries, maxExtraPercent, never, shard, ...selection } =
        request.query
      if (at !== undefined && removalGraceDays !== undefined) {
        throw invalidInput(
          `removalGraceDays=${removalGraceDays} does not go with at=${at}: ` +
            'a list of a past day says what was published that day',
        )
      }
      const cloud = cloudOrOnly(selection.cloud, clouds)
      const definition = unstoredDefinition(
        {
          cloud,
          tags: selection.tag,
          regions: selection.region,
          families: selection.family,
          endpoints: selection.endpoints,
          removalGraceDays,
          maxEntries,
          maxExtraPercent,
          never,
          shard,
        },
        { clouds, past: at !== undefined },
      )
      const { format } = request.params
      if (at === undefined) {
        sendList(request, reply, await lists.adHoc(definition, format), freshness)
      } else {
        const record = await resolveSnapshot(history, cloud, at)
        sendList(request, reply, await lists.asOf(definition, format, record))
      }
      return reply
    },
  })
  done()
}

export const deviceRoutes: FastifyPluginCallbackZod<DeviceRoutesOptions> = (
  app,
  { lists, freshness, exporters },
  done,
) => {
  app.setValidatorCompiler(emptyQueryFirst)
  const formats = new Map(
    exporters.map(({ name, fileExtension }) => [`${name}.${fileExtension}`, name]),
  )

  app.route({
    method: GET_AND_HEAD,
    url: DEVICE_ROUTE,
    schema: {
      operationId: 'getListForDevice',
      tags: ['lists'],
      summary: 'The same bytes under a path that never changes, without query string or redirect',
      params: z.strictObject({
        allowlist: z.string(),
        file: z
          .string()
          .meta({ enum: [...formats.keys()] })
          .describe('Format and extension'),
      }),
      querystring: noQuery,
      response: listResponses(exporters),
    },
    handler: (request, reply) => {
      const { allowlist, file } = request.params
      const format = formats.get(file)
      if (format === undefined) throw unknownFile(allowlist, file, formats)
      return sendStored(request, reply, lists.current(allowlist, format), freshness)
    },
  })

  app.route({
    method: GET_AND_HEAD,
    url: VERSION_ROUTE,
    schema: {
      operationId: 'getListVersion',
      tags: ['lists'],
      summary:
        'One version of a list for good, as Content-Location of the others names it: the current ' +
        'one always, an earlier one while it is in memory',
      params: z.strictObject({
        allowlist: z.string(),
        format: formatParameter(exporters),
        file: z.string().describe('Half of the SHA-256 of the plain bytes, and the extension'),
      }),
      querystring: noQuery,
      response: listResponses(exporters),
    },
    handler: (request, reply) => {
      const { allowlist, format, file } = request.params
      const [digest = '', ...rest] = file.split('.')
      const { fileExtension } = findFormat(exporters, format)
      if (rest.join('.') !== fileExtension) {
        throw notFound(
          `"${file}" has the wrong extension: a version in ${format} ends in .${fileExtension}`,
          {
            file,
          },
        )
      }
      return sendStored(request, reply, lists.version(allowlist, format, digest))
    },
  })
  done()
}

function unknownFile(allowlist: string, file: string, formats: ReadonlyMap<string, string>) {
  const known = [...formats.keys()]
  const [stem = ''] = file.split('.')
  const right = known.find((name) => formats.get(name) === stem)
  const message =
    right === undefined
      ? `no file "${file}" of a list: known are ${known.join(', ')}${suggestion(file, known)}`
      : `"${file}" has the wrong extension: it is /l/${allowlist}/${right}`
  return notFound(message, { file, ...(right === undefined ? { known } : { right }) })
}
