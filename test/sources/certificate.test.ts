/** Until when the certificates of those who give files are valid, straight and within a tunnel. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createDispatcher, type ProxySettings } from '../../src/sources/dispatcher.ts'
import { makeAuthority, openssl } from '../support/certificates.ts'
import { startForwardProxy } from '../support/forward-proxy.ts'
import { bytes, startPublisher, type Publisher } from '../support/publisher.ts'
import { describeWith } from '../support/requirements.ts'

const authority = makeAuthority('Authority of the tests')
const closing: (() => Promise<void>)[] = []
const trustedBefore = getCACertificates('default')
let seen: [host: string, days: number][]

beforeAll(() => setDefaultCACertificates([authority.cert]))
afterAll(() => setDefaultCACertificates(trustedBefore))
beforeEach(() => {
  seen = []
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function publisherFor(names: readonly string[], days: number): Promise<Publisher> {
  const publisher = await startPublisher(authority.issue(names, days))
  closing.push(() => publisher.close())
  publisher.answer('/', bytes('{}'))
  return publisher
}

function dispatcherOf(settings: ProxySettings = {}) {
  const dispatcher = createDispatcher(settings, (host, expiresAt) => {
    seen.push([host, Math.round((expiresAt.getTime() - Date.now()) / 86_400_000)])
  })
  closing.push(() => dispatcher.destroy())
  return async (url: string): Promise<number> => {
    const { statusCode, body } = await request(url, { dispatcher })
    await body.dump()
    return statusCode
  }
}

describeWith([openssl], 'the certificate of a host', () => {
  it('is seen when it is connected to', async () => {
    const publisher = await publisherFor(['localhost'], 40)
    const get = dispatcherOf()
    const url = publisher.origin.replace('127.0.0.1', 'localhost')
    expect(seen).toEqual([])
    expect(await get(url)).toBe(200)
    expect(seen).toEqual([['localhost', 40]])
  })

  it('is seen within the tunnel of a proxy, under the name of the host', async () => {
    const publisher = await publisherFor(['mirror.example'], 50)
    const proxy = await startForwardProxy({ target: Number(new URL(publisher.origin).port) })
    closing.push(() => proxy.close())
    const get = dispatcherOf({ httpsProxy: proxy.origin })
    expect(await get('https://mirror.example/')).toBe(200)
    expect(proxy.seen).toEqual(['CONNECT mirror.example:443'])
    expect(seen).toEqual([['mirror.example', 50]])
  })

  it('is seen anew where a session could be resumed: it may be another by then', async () => {
    const first = await publisherFor(['mirror.example'], 20)
    const second = await publisherFor(['mirror.example'], 60)
    const portOf = ({ origin }: Publisher) => Number(new URL(origin).port)
    const target = { port: portOf(first) }
    const proxy = await startForwardProxy({
      get target() {
        return target.port
      },
    })
    closing.push(() => proxy.close())
    const get = dispatcherOf({ httpsProxy: proxy.origin })
    await get('https://mirror.example/')
    target.port = portOf(second)
    await first.close()
    closing.splice(0, 1)
    await get('https://mirror.example/')
    expect(seen).toEqual([
      ['mirror.example', 20],
      ['mirror.example', 60],
    ])
  })

  it.each([
    ['is for another name', ['other.example'], 5],
    ['has expired', ['localhost'], -1],
  ])('that %s is no one to ask, and not seen', async (_, names, days) => {
    const publisher = await publisherFor(names, days)
    const get = dispatcherOf()
    const url = publisher.origin.replace('127.0.0.1', 'localhost')
    await expect(get(url)).rejects.toThrow()
    expect(publisher.requests).toEqual([])
    expect(seen).toEqual([])
  })

  it('of plain http there is none', async () => {
    const publisher = await startPublisher()
    closing.push(() => publisher.close())
    publisher.answer('/', bytes('{}'))
    expect(await dispatcherOf()(publisher.origin)).toBe(200)
    expect(seen).toEqual([])
  })
})
