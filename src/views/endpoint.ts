/** The required names of a service, as shown: each with ports, purpose and source. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { formatPort } from '../core/endpoint-rule.ts'
import type { Endpoint, EndpointService } from '../endpoints/contract.ts'

const portShape = z.string().describe('`443`, or a range `10100-10120`')

const endpointShape = z
  .object({
    name: z.string().describe('A name, or `*.x` for every name below x'),
    ports: z.array(portShape),
    path: z.string().nullable(),
    purpose: z.string(),
    phase: z.enum(['runtime', 'certificates', 'registration']),
    tags: z.array(z.string()).describe('Service tags known to hold its addresses'),
    note: z.string().nullable(),
    sources: z.array(z.object({ title: z.string(), url: z.string(), date: z.iso.date() })),
  })
  .meta({ id: 'Endpoint' })

export const endpointServiceShape = z
  .object({
    name: z.string(),
    cloud: z.enum(CLOUDS),
    title: z.string(),
    endpoints: z.array(endpointShape),
    blockedDirectPorts: z
      .array(portShape)
      .describe('Must be refused when used directly, past the proxy'),
    notes: z.array(z.string()),
  })
  .meta({ id: 'EndpointService' })

export type EndpointView = z.infer<typeof endpointShape>
export type EndpointServiceView = z.infer<typeof endpointServiceShape>

export function endpointView(endpoint: Endpoint): EndpointView {
  return {
    name: endpoint.name,
    ports: endpoint.ports.map(formatPort),
    path: endpoint.path ?? null,
    purpose: endpoint.purpose,
    phase: endpoint.phase,
    tags: [...endpoint.tags],
    note: endpoint.note ?? null,
    sources: endpoint.sources.map(({ title, url, date }) => ({ title, url, date })),
  }
}

export function endpointServiceView(service: EndpointService): EndpointServiceView {
  return {
    name: service.name,
    cloud: service.cloud,
    title: service.title,
    endpoints: service.endpoints.map(endpointView),
    blockedDirectPorts: service.blockedDirectPorts.map(formatPort),
    notes: [...service.notes],
  }
}
