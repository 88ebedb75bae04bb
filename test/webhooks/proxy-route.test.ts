/** Which requests go through a proxy, by undici's own decision. */
import * as fc from 'fast-check'
import { Dispatcher, EnvHttpProxyAgent } from 'undici'
import { describe, expect, it } from 'vitest'
import type { ProxySettings } from '../../src/sources/dispatcher.ts'
import { isProxied } from '../../src/webhooks/proxy-route.ts'

const PROXY = 'http://127.0.0.1:3128'

/** Takes every request and does nothing. */
class Nowhere extends Dispatcher {
  override dispatch(): boolean {
    return true
  }
}

/** Pools that lead straight to an origin are made with our `connect`, those to a proxy with its own. */
function isProxiedByUndici(url: URL, { httpsProxy, httpProxy, noProxy }: ProxySettings): boolean {
  const connect = (): void => undefined
  const ways: boolean[] = []
  const agent = new EnvHttpProxyAgent({
    httpsProxy: httpsProxy ?? '',
    httpProxy: httpProxy ?? '',
    noProxy: noProxy ?? '',
    connect,
    clientFactory: () => new Nowhere(),
    factory: (_, options) => {
      ways.push('connect' in options && options.connect !== connect)
      return new Nowhere()
    },
  })
  agent.dispatch({ origin: url.origin, path: '/', method: 'POST' }, {})
  const [way] = ways
  if (way === undefined || ways.length > 1) throw new Error(`${ways.length} ways to ${url.href}`)
  return way
}

const anyHost = fc.constantFrom(
  'example.com',
  'hooks.example.com',
  'a.hooks.example.com',
  'badexample.com',
  'example.com.',
  '10.0.0.1',
  '110.0.0.1',
  '[::1]',
  'intranet',
)
const anyUrl = fc
  .tuple(fc.constantFrom('http', 'https'), anyHost, fc.constantFrom('', ':80', ':443', ':8443'))
  .map(([scheme, host, port]) => new URL(`${scheme}://${host}${port}/hook`))
const anyEntry = fc.constantFrom(
  '*',
  '.',
  'com',
  'example.com',
  'EXAMPLE.com',
  '.example.com',
  '*.example.com',
  '*example.com',
  'hooks.example.com:443',
  'example.com:0',
  'example.com:8443',
  '.example.com:80',
  '10.0.0.1',
  '0.0.1',
  '10.0.0.0/8',
  '[::1]',
  '[::1]:443',
  '::1',
  'intranet',
)
const anyProxy = fc.constantFrom(undefined, '', PROXY)
const anySettings = fc.record({
  httpsProxy: anyProxy,
  httpProxy: anyProxy,
  noProxy: fc.oneof(
    fc.constantFrom(undefined, '', '*'),
    fc
      .tuple(fc.array(anyEntry, { maxLength: 3 }), fc.constantFrom(',', ' ', ', ', ',,'))
      .map(([entries, separator]) => entries.join(separator)),
  ),
})

describe('a request', () => {
  it('goes through a proxy when every other request of the service would', () => {
    const seen = new Set<boolean>()
    fc.assert(
      fc.property(anyUrl, anySettings, (url, settings) => {
        const expected = isProxiedByUndici(url, settings)
        seen.add(expected)
        expect(isProxied(url, settings)).toBe(expected)
      }),
      { numRuns: 5000 },
    )
    expect(seen.size).toBe(2)
  })
})
