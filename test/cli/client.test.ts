import { gunzipSync } from 'node:zlib'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createClient, type Client } from '../../src/cli/client.ts'
import { portOf } from '../support/publisher.ts'

const ANSWERS: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/good': ({ method, url, headers }, response) => {
    response.end(JSON.stringify({ method, url, token: headers.authorization ?? null }))
  },
  '/missing': (_, response) => {
    const problem = {
      type: 'urn:rangewarden:problem:not-found',
      title: 'x',
      status: 404,
      detail: 'no tag "Sqk"',
      near: ['Sql'],
    }
    response.writeHead(404, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify(problem))
  },
  '/upload': (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const file = gunzipSync(Buffer.concat(chunks)).toString()
      const { 'content-type': type, 'content-encoding': encoding } = headers
      response.end(JSON.stringify({ method, url, type, encoding, file }))
    })
  },
  '/unheard-of': (_, response) => {
    response
      .writeHead(503)
      .end(JSON.stringify({ type: 'urn:rangewarden:problem:new', title: 'New' }))
  },
  '/page': (_, response) => response.writeHead(502).end('<html>Bad gateway</html>'),
  '/moved': (_, response) => {
    response.writeHead(301, { location: 'https://lists.example/moved' }).end()
  },
}

let server: Server
let url: string
let client: Client
const dispatcher = new Agent()
const shape = z.object({ method: z.string(), url: z.string(), token: z.string().nullable() })

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const answer = ANSWERS[path]
    if (answer) answer(request, response)
    else response.end('{"another": "service"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${portOf(server)}`
  client = createClient({ url, dispatcher, token: 't0ken', stop: new AbortController().signal })
})
afterAll(async () => {
  await dispatcher.close()
  await new Promise((resolve) => server.close(resolve))
})

describe('a running service, asked over its API', () => {
  it('gets the query as the API reads it, and the token', async () => {
    const query = { cloud: 'Public', at: undefined, tag: ['Sql', 'Storage & more'], limit: 5 }
    expect(await client.get('/good', shape, query)).toEqual({
      method: 'GET',
      url: '/good?cloud=Public&tag=Sql&tag=Storage+%26+more&limit=5',
      token: 'Bearer t0ken',
    })
  })

  it('gives its problem as the error it was there', async () => {
    await expect(client.get('/missing', shape)).rejects.toMatchObject({
      name: 'RangewardenError',
      code: 'not-found',
      message: 'no tag "Sqk"',
      facts: { near: ['Sql'] },
    })
  })

  it('sends a file as it is, compressed on the way only', async () => {
    const uploaded = z.record(z.string(), z.string())
    const file = Buffer.from('{"values": []}\r\n')
    expect(await client.upload('/upload', uploaded, file, { name: 'a b.json' })).toEqual({
      method: 'POST',
      url: '/upload?name=a+b.json',
      type: 'application/octet-stream',
      encoding: 'gzip',
      file: '{"values": []}\r\n',
    })
  })

  it('gives a problem nobody knows yet the code of its side', async () => {
    const error = { code: 'upstream-unavailable', message: 'New' }
    await expect(client.get('/unheard-of', shape)).rejects.toMatchObject(error)
  })

  it('does not take the page of a proxy in between for an answer', async () => {
    await expect(client.get('/page', shape)).rejects.toMatchObject({
      code: 'invalid-input',
      message: `${url} does not answer like this version of Rangewarden: status 502 without a problem document`,
    })
  })

  it('does not take another service for ours', async () => {
    await expect(client.get('/other', shape)).rejects.toThrow(/does not answer like this version/)
  })

  it('does not carry the token to where a redirect points', async () => {
    await expect(client.post('/moved', shape, {})).rejects.toThrow(
      `${url} answers that it is at https://lists.example/moved: give that as --url`,
    )
  })

  it('names the address and the reason when nobody answers', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const nobody = `http://127.0.0.1:${portOf(closed)}`
    await new Promise((resolve) => closed.close(resolve))
    const stop = new AbortController().signal
    const lost = createClient({ url: nobody, dispatcher, token: undefined, stop })
    await expect(lost.bytes('/x')).rejects.toMatchObject({
      code: 'upstream-unavailable',
      message: expect.stringMatching(`^no answer from ${nobody}: .*ECONNREFUSED`) as string,
    })
  })
})
