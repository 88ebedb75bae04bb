/** What the OpenAPI document says beside the routes. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { openApiWebhooks } from './openapi-webhooks.ts'

export function swaggerOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Rangewarden',
        version,
        description:
          'Allowlists from the address ranges Azure publishes and the endpoints the Entra private ' +
          'network connector needs. Errors are problem documents (RFC 9457); parameters that are ' +
          'not known are refused. Where RANGEWARDEN_READ_TOKEN is set, everything but /health, ' +
          '/proxy.pac and /wpad.dat answers 401 without a token.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'clouds', description: 'How each followed cloud is doing' },
        { name: 'snapshots', description: 'What Microsoft published, and when' },
        { name: 'changes', description: 'What changed between two snapshots' },
        { name: 'tags', description: 'Service tags and their prefixes' },
        { name: 'lookup', description: 'Which tags hold an address' },
        { name: 'endpoints', description: 'Names a service needs' },
        { name: 'formats', description: 'What a list can be had as' },
        { name: 'allowlists', description: 'Definitions of lists' },
        { name: 'lists', description: 'The lists themselves, for firewalls and proxies' },
        { name: 'runs', description: 'Passes of the sync' },
        { name: 'documents', description: 'Files by hand' },
        { name: 'holds', description: 'Candidates that wait for a person' },
        { name: 'publications', description: 'What was handed out, and going back' },
        { name: 'webhooks', description: 'Who is told of what, and what is sent' },
        { name: 'report', description: 'What a week brought' },
        { name: 'health', description: 'For whoever watches the service' },
      ],
      webhooks: openApiWebhooks(),
      components: {
        securitySchemes: {
          adminToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'The token in RANGEWARDEN_ADMIN_TOKEN',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => tidy(jsonSchemaTransformObject(document)),
  }
}

type Description = ReturnType<SwaggerTransformObject>

type Members = Record<string, unknown>

/** What the plugins leave to be said: HEAD has ids of its own, and an optional body is optional. */
function tidy(document: Description): Description {
  const paths = membersOf(document.paths)
  for (const [url, path] of Object.entries(paths).map(
    ([url, path]) => [url, membersOf(path)] as const,
  )) {
    if (!url.startsWith('/health/')) Object.values(path).map(membersOf).forEach(addRefusals)
    const { head, post } = path
    if (isMembers(head))
      path['head'] = { ...head, operationId: `${String(head['operationId'])}Head` }
    const body = membersOf(membersOf(post)['requestBody'])
    if (takesNull(body)) body['required'] = false
  }
  dropUnused(membersOf('components' in document ? document.components : undefined), paths)
  return document
}

/** What any request may be answered before its route is looked at (admit-requests.ts). */
function addRefusals(operation: Members): void {
  const schema = { $ref: '#/components/schemas/Problem' }
  const content = { 'application/problem+json': { schema } }
  const refusals = {
    429: { description: 'Too many requests of one client; see Retry-After', content },
  }
  operation['responses'] = { ...refusals, ...membersOf(operation['responses']) }
}

function takesNull({ content }: Members): boolean {
  const { schema } = membersOf(membersOf(content)['application/json'])
  const { anyOf } = membersOf(schema)
  return Array.isArray(anyOf) && anyOf.some((form) => membersOf(form)['type'] === 'null')
}

/** Schemas that only answers use are written for requests too; nothing refers to those. */
function dropUnused(components: Members, paths: Members): void {
  const schemas = membersOf(components['schemas'])
  const used = JSON.stringify(paths)
  for (const name of Object.keys(schemas)) {
    if (name.endsWith('Input') && !used.includes(`/schemas/${name}"`)) {
      Reflect.deleteProperty(schemas, name)
    }
  }
}

function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {}
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}
