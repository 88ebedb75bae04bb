/** The connector's proxy, as the setting, the kit and the preflight read it. */
import { describe, expect, it } from 'vitest'
import { parseConnectorProxy } from '../../src/core/connector-proxy.ts'

describe('a proxy of the connectors', () => {
  it.each([
    ['http://proxy.example:8080', 'proxy.example', 8080, 'http://proxy.example:8080'],
    ['http://Proxy.Example:8080/', 'proxy.example', 8080, 'http://proxy.example:8080'],
    ['http://10.1.2.3:3128', '10.1.2.3', 3128, 'http://10.1.2.3:3128'],
    ['http://[FD00::7]:3128', 'fd00::7', 3128, 'http://[fd00::7]:3128'],
    ['http://proxy:1', 'proxy', 1, 'http://proxy:1'],
    ['http://proxy:65535', 'proxy', 65_535, 'http://proxy:65535'],
  ])('is read: %s', (text, host, port, url) => {
    expect(parseConnectorProxy(text)).toEqual({ ok: true, value: { host, port, url } })
  })

  it.each([
    'proxy.example:8080',
    'https://proxy.example:8080',
    'HTTP://proxy.example:8080',
    'http://proxy.example',
    'http://proxy.example:0',
    'http://proxy.example:65536',
    'http://proxy.example:080',
    'http://user:password@proxy.example:8080',
    'http://proxy.example:8080/path',
    'http://proxy.example:8080?x',
    'http:// proxy.example:8080',
    'http://proxy.example:8080\n',
    "http://pro'xy:8080",
    'http://$(evil):8080',
    'http://',
    '',
  ])('is refused with the way it is written: %j', (text) => {
    const parsed = parseConnectorProxy(text)
    expect(parsed.ok ? '' : parsed.reason).toContain('written http://HOST:PORT')
  })

  it.each([
    ['http://127.0.0.256:80', '"127.0.0.256" is no host name or address'],
    ['http://[10.0.0.1]:80', '"[10.0.0.1]" is no IPv6 address'],
    ['http://[fd00::g]:80', '"[fd00::g]" is no IPv6 address'],
  ])('names a host that is none: %s', (text, reason) => {
    const parsed = parseConnectorProxy(text)
    expect(parsed.ok ? '' : parsed.reason).toContain(reason)
  })
})
