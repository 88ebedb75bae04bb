/** The OpenAPI document: complete, honest about what is answered, and the one that is committed. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/http/openapi.ts'
import { PROBLEMS } from '../../src/http/problem.ts'
import type { TestDatabase } from '../support/database.ts'
import { openSiteDatabase } from '../support/server.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: { name: string; in: string; required: boolean; description?: string }[]
  requestBody?: { required: boolean }
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
  security?: unknown[]
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
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
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('asks for the token exactly where something changes', () => {
    for (const { place, method, operation } of operations()) {
      const changes = !['get', 'head'].includes(method) && place !== 'post /v1/lookup'
      expect(operation.security !== undefined, place).toBe(changes)
      expect('401' in operation.responses, place).toBe(changes)
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

it('has one title and status for every code of a problem', () => {
  for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(title).not.toBe('')
  }
})
