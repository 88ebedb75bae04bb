/** The OpenAPI document: complete, honest about what is answered, and the one that is committed. */
import { readFileSync } from 'node:fs'
import type { AnySchema } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/http/openapi.ts'
import { PROBLEMS } from '../../src/http/problem.ts'
import { EVENT_TYPES, type EventType } from '../../src/webhooks/event.ts'
import { standard } from '../../src/webhooks/formats/standard.ts'
import { largestBody } from '../support/any-event-body.ts'
import type { TestDatabase } from '../support/database.ts'
import { SAMPLE_BODIES } from '../support/event-bodies.ts'
import { openSiteDatabase } from '../support/server.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: { name: string; in: string; required: boolean; description?: string }[]
  requestBody?: { required: boolean; content: Record<string, { schema: AnySchema }> }
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
  security?: unknown[]
}

interface Document {
  openapi: string
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

let database: TestDatabase
let text: string
let document: Document

beforeAll(async () => {
  database = await openSiteDatabase()
  text = await openApiDocument(database.freshStore())
  document = JSON.parse(text) as Document
})

afterAll(() => database.close())

function operations(): { place: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      place: `${method} ${path}`,
      method,
      operation,
    })),
  )
}

describe('the OpenAPI document', () => {
  it('is the committed one: `npm run docs` writes it', () => {
    expect(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')).toBe(text)
  })

  it('is the same every time', async () => {
    expect(await openApiDocument(database.freshStore())).toBe(text)
  })

  it('describes every route of the contract', () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(operations().map(({ place }) => place)).toEqual(
      expect.arrayContaining([
        'get /v1/clouds',
        'get /v1/snapshots',
        'get /v1/snapshots/{id}',
        'get /v1/snapshots/{id}/document',
        'get /v1/changes',
        'get /v1/tags',
        'get /v1/tags/{name}',
        'get /v1/lookup/{address}',
        'post /v1/lookup',
        'get /v1/endpoints',
        'get /v1/formats',
        'get /v1/allowlists',
        'get /v1/allowlists/{allowlist}',
        'put /v1/allowlists/{allowlist}',
        'delete /v1/allowlists/{allowlist}',
        'get /v1/allowlists/{allowlist}/{format}',
        'head /v1/allowlists/{allowlist}/{format}',
        'get /v1/export/{format}',
        'head /v1/export/{format}',
        'get /l/{allowlist}/{file}',
        'head /l/{allowlist}/{file}',
        'post /v1/runs',
        'get /v1/runs',
        'get /v1/runs/{id}',
        'get /v1/webhooks',
        'post /v1/webhooks',
        'get /v1/webhooks/{id}',
        'patch /v1/webhooks/{id}',
        'delete /v1/webhooks/{id}',
        'post /v1/webhooks/{id}/rotate',
        'post /v1/webhooks/{id}/test',
        'get /v1/webhooks/{id}/deliveries',
        'post /v1/deliveries/{id}/redeliver',
        'get /proxy.pac',
        'get /wpad.dat',
        'get /health/live',
        'get /health/ready',
      ]) as unknown,
    )
  })

  it('says for each what it is for, and which problems it answers with', () => {
    for (const { place, operation } of operations()) {
      expect(operation.summary, place).toMatch(/\w+/)
      expect(operation.tags.length, place).toBe(1)
      const problems = Object.entries(operation.responses).filter(
        ([status]) => Number(status) >= 400,
      )
      expect(problems.length, place).toBeGreaterThan(0)
      for (const [status, { content, description }] of problems) {
        expect(Object.keys(content ?? {}), `${place} ${status}`).toEqual([
          'application/problem+json',
        ])
        expect(description).not.toBe('')
      }
      expect(Object.keys(operation.responses), place).toContain('400')
    }
  })

  it('gives every operation an id of its own', () => {
    const told = EVENT_TYPES.map((type) => webhookOf(type))
    const ids = [...operations().map(({ operation }) => operation), ...told].map(
      ({ operationId }) => operationId,
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('asks for the token exactly where something changes or is a secret', () => {
    for (const { place, method, operation } of operations()) {
      const changes = !['get', 'head'].includes(method) && place !== 'post /v1/lookup'
      const isSecret = / \/v1\/(?:webhooks|deliveries)/.test(place)
      expect(operation.security !== undefined, place).toBe(changes || isSecret)
      expect('401' in operation.responses, place).toBe(changes || isSecret)
    }
  })

  it('refers to nothing that it does not hold', () => {
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name)
  })

  it('knows a body that may be left out from one that may not', () => {
    expect(document.paths['/v1/runs']?.['post']?.requestBody?.required).toBe(false)
    expect(document.paths['/v1/lookup']?.['post']?.requestBody?.required).toBe(true)
  })
})

describe('its webhooks', () => {
  it('are the types of events, each sent by a POST that every receiver can verify', () => {
    expect(Object.keys(document.webhooks)).toEqual(EVENT_TYPES)
    for (const type of EVENT_TYPES) {
      expect(Object.keys(document.webhooks[type] ?? {})).toEqual(['post'])
      const { summary, tags, parameters, requestBody, responses } = webhookOf(type)
      expect(summary, type).toMatch(/\w+ \w+/)
      expect(tags).toEqual(['webhooks'])
      expect(parameters?.map(({ name, in: place, required }) => [name, place, required])).toEqual([
        ['webhook-id', 'header', true],
        ['webhook-timestamp', 'header', true],
        ['webhook-signature', 'header', true],
      ])
      expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/json'])
      expect(Object.keys(responses).sort()).toEqual(['2XX', '3XX', '410', '429', 'default'])
      for (const { description } of Object.values(responses)) expect(description).not.toBe('')
    }
  })

  it('have tags that the document explains', () => {
    expect(document.tags.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['webhooks', 'report']) as unknown,
    )
  })

  it.each(EVENT_TYPES)('describe the body of %s as it is sent, and no other type', (type) => {
    const isBody = validatorOf(type)
    for (const body of [SAMPLE_BODIES[type], largestBody(type, 'a')]) {
      expect(isBody(JSON.parse(standard.render(body))), JSON.stringify(isBody.errors)).toBe(true)
    }
    for (const other of EVENT_TYPES.filter((one) => one !== type)) {
      expect(isBody(SAMPLE_BODIES[other]), other).toBe(false)
    }
  })

  it.each(EVENT_TYPES)('say of %s what has to be there, and leave room for more', (type) => {
    const isBody = validatorOf(type)
    const { data, ...event } = SAMPLE_BODIES[type]
    expect(isBody({ ...event, data: { ...data, later: 1 }, later: 1 })).toBe(true)
    for (const name of Object.keys(data)) {
      expect(isBody({ ...event, data: { ...data, [name]: undefined } }), name).toBe(false)
    }
  })
})

function webhookOf(type: EventType): Operation {
  const operation = document.webhooks[type]?.['post']
  if (!operation) throw new Error(`no webhook ${type}`)
  return operation
}

/** Of the schema in the document, with the components it refers to. */
function validatorOf(type: EventType): ReturnType<Ajv2020['compile']> {
  const { schemas } = document.components
  const schema = webhookOf(type).requestBody?.content['application/json']?.schema
  if (typeof schema !== 'object') throw new Error(`no body of ${type}`)
  // Formats are told beside a pattern, which is what is checked.
  const ajv = new Ajv2020({ strict: true, validateFormats: false, keywords: ['components'] })
  return ajv.compile({ ...schema, components: { schemas } })
}

it('has one title and status for every code of a problem', () => {
  for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(title).not.toBe('')
  }
})
