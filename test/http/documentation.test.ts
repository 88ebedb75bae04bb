/** What a person meets who types the address into a browser. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

it('leads from / to /docs, which loads nothing from another host', async () => {
  const root = await site.app.inject('/')
  expect(root.statusCode).toBe(302)
  expect(root.headers.location).toBe('/docs')
  const page = await site.app.inject('/docs')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-type']).toMatch(/^text\/html/)
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  expect(page.headers['content-security-policy']).toContain("default-src 'self'")
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '')
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) {
    expect((await site.app.inject(file)).statusCode, file).toBe(200)
  }
})

it('shows the document of this very server at /openapi.json', async () => {
  const reply = await site.app.inject('/openapi.json')
  expect(reply.headers['content-type']).toMatch(/^application\/json/)
  expect(reply.json()).toMatchObject({ openapi: '3.1.1', info: { version: '0.0.0-test' } })
})
