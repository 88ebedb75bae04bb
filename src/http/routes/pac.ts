/**
 * /proxy.pac and /wpad.dat: the names of the first followed cloud, for browsers that find their
 * proxy by themselves. Whatever the Host header says, never a redirect and never a 304: clients of
 * such files know no status but 200.
 */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import type { Exporter } from '../../../exporters/contract.ts'
import { notFound } from '../../core/errors.ts'
import type { Lists } from '../../lists/lists.ts'
import type { KnownStates } from '../list-headers.ts'
import { sendWhole } from '../lists-reply.ts'
import { listResponses } from '../schemas/lists.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface PacRoutesOptions {
  readonly lists: Lists
  readonly freshness: KnownStates
  readonly exporters: readonly Exporter[]
  /** Both settings are there. */
  readonly pacConfigured: boolean
}

const PATHS = [
  { url: '/proxy.pac', operationId: 'getProxyPac' },
  { url: '/wpad.dat', operationId: 'getWpad' },
]

export const pacRoutes: FastifyPluginCallbackZod<PacRoutesOptions> = (
  app,
  { lists, freshness, exporters, pacConfigured },
  done,
) => {
  for (const { url, operationId } of PATHS) {
    app.route({
      method: ['GET', 'HEAD'],
      url,
      schema: {
        operationId,
        tags: ['lists'],
        summary: 'The PAC file of the connector, once its two settings are there',
        querystring: noQuery,
        response: listResponses(exporters.filter(({ name }) => name === 'pac')),
      },
      handler: (request, reply) => {
        if (!pacConfigured) throw notConfigured(url)
        return sendWhole(request, reply, lists.current('app-proxy', 'pac'), freshness)
      },
    })
  }
  done()
}

function notConfigured(url: string) {
  return notFound(
    `${url} is switched off until RANGEWARDEN_PAC_PROXY and RANGEWARDEN_PAC_FALLBACK are set: ` +
      'one DNS record must not steer every browser with a default of ours',
    { settings: ['RANGEWARDEN_PAC_PROXY', 'RANGEWARDEN_PAC_FALLBACK'] },
  )
}
