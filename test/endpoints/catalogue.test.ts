/** Laws of shape over every row, and the facts of the articles that are easiest to get wrong. */
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { formatPort, mergePorts } from '../../src/core/endpoint-rule.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import type { Endpoint } from '../../src/endpoints/contract.ts'
import { endpointServices, findService } from '../../src/endpoints/index.ts'

const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/
const CONNECTOR_TAGS = ['AzureActiveDirectory', 'AzureCloud', 'AzureResourceManager']

function row(service: string, cloud: 'Public' | 'AzureGovernment', name: string): Endpoint {
  const found = findService(service, cloud).endpoints.find((endpoint) => endpoint.name === name)
  if (!found) throw new Error(`${service} of ${cloud} lacks ${name}`)
  return found
}

function portsOf(service: string, cloud: 'Public' | 'AzureGovernment', name: string): string[] {
  return row(service, cloud, name).ports.map(formatPort)
}

const rows = endpointServices().flatMap((service) =>
  service.endpoints.map((endpoint) => ({ service, endpoint })),
)

describe.each(rows)('$service.cloud $service.name $endpoint.name', ({ endpoint }) => {
  it('is a lower-case name with a wildcard only in front', () => {
    expect(endpoint.name).toMatch(NAME)
  })

  it('has ports that are valid, sorted and said once', () => {
    expect(endpoint.ports.length).toBeGreaterThan(0)
    for (const { first, last } of endpoint.ports) {
      expect(first).toBeGreaterThan(0)
      expect(last).toBeGreaterThanOrEqual(first)
      expect(last).toBeLessThan(65536)
    }
    expect(endpoint.ports).toEqual(mergePorts(endpoint.ports))
  })

  it('says what for, and where that is written, with the day of the article', () => {
    expect(endpoint.purpose).not.toBe('')
    expect(endpoint.sources.length).toBeGreaterThan(0)
    for (const { title, url, date } of endpoint.sources) {
      expect(title).not.toBe('')
      expect(url).toMatch(/^https:\/\/learn\.microsoft\.com\/en-us\/[a-z0-9/-]+$/)
      expect(date).toMatch(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/)
    }
  })

  it('claims coverage by no tag that the grounds do not name', () => {
    for (const tag of endpoint.tags) expect(CONNECTOR_TAGS).toContain(tag)
    if (endpoint.phase === 'certificates') expect(endpoint.tags).toEqual([])
  })

  it('is plain ASCII throughout', () => {
    expect(JSON.stringify(endpoint)).toMatch(/^[\x20-\x7e]*$/)
  })
})

describe('the catalogue', () => {
  it('names each service once per cloud', () => {
    const names = endpointServices().map(({ cloud, name }) => `${cloud} ${name}`)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual([
      'Public app-proxy',
      'Public app-proxy-legacy',
      'AzureGovernment app-proxy',
    ])
  })

  it('says each name once per service', () => {
    for (const { endpoints } of endpointServices()) {
      expect(new Set(endpoints.map(({ name }) => name)).size).toBe(endpoints.length)
    }
  })

  it('gives the services of one cloud', () => {
    expect(endpointServices('AzureGovernment').map(({ name }) => name)).toEqual(['app-proxy'])
  })
})

describe('app-proxy of the public cloud', () => {
  it('has the 23 names of both articles', () => {
    expect(findService('app-proxy', 'Public').endpoints).toHaveLength(23)
  })

  it('merges the ports of names that the articles list twice', () => {
    expect(portsOf('app-proxy', 'Public', 'ctldl.windowsupdate.com')).toEqual(['80', '443'])
    expect(portsOf('app-proxy', 'Public', 'www.microsoft.com')).toEqual(['80', '443'])
  })

  it('keeps the path beside the name, because no rule by name can hold it', () => {
    expect(row('app-proxy', 'Public', 'www.microsoft.com').path).toBe('/pkiops')
  })

  it('asks certificate hosts on port 80 only', () => {
    const { endpoints } = findService('app-proxy', 'Public')
    const hosts = endpoints.filter(({ phase }) => phase === 'certificates')
    expect(hosts).toHaveLength(6)
    for (const { ports } of hosts) expect(ports.map(formatPort)).toEqual(['80'])
  })

  it('gives one source for the row that only one article has', () => {
    const { sources } = row('app-proxy', 'Public', 'policykeyservice.dc.ad.msft.net')
    expect(sources.map(({ date }) => date)).toEqual(['2026-03-25'])
  })

  it('does not hold the name that was published in error', () => {
    const names = findService('app-proxy', 'Public').endpoints.map(({ name }) => name)
    expect(names).not.toContain('*.servicebus.microsoft.net')
  })

  it('does not count the premium tier of Service Bus as the whole of it', () => {
    expect(row('app-proxy', 'Public', '*.servicebus.windows.net').tags).toEqual(['AzureCloud'])
  })
})

describe('app-proxy of the Government cloud', () => {
  it('has names of its own and the 20 rows of the article', () => {
    expect(findService('app-proxy', 'AzureGovernment').endpoints).toHaveLength(20)
    expect(portsOf('app-proxy', 'AzureGovernment', '*.msappproxy.us')).toEqual(['443'])
    expect(portsOf('app-proxy', 'AzureGovernment', 'ctldl.windowsupdate.us')).toEqual(['80'])
  })

  it('does not count a name that the public cloud serves as covered by a Government tag', () => {
    expect(row('app-proxy', 'AzureGovernment', 'management.azure.com').tags).toEqual([])
  })
})

describe('app-proxy-legacy', () => {
  it('emits the name published in error together with the right one, on the same ports', () => {
    const wrong = row('app-proxy-legacy', 'Public', '*.servicebus.microsoft.net')
    const right = row('app-proxy-legacy', 'Public', '*.servicebus.windows.net')
    expect(wrong.note).toMatch(/published in error/i)
    expect(wrong.ports).toEqual(right.ports)
  })

  it('tunnels to the ports of connectors older than 1.5.132.0', () => {
    expect(portsOf('app-proxy-legacy', 'Public', '*.msappproxy.net')).toEqual([
      '443',
      '8080',
      '9090-9091',
      '10100-10120',
    ])
    expect(portsOf('app-proxy-legacy', 'Public', 'login.windows.net')).toEqual(['443'])
  })

  it('names the ports that must not be used past the proxy', () => {
    const { blockedDirectPorts } = findService('app-proxy-legacy', 'Public')
    expect(blockedDirectPorts.map(formatPort)).toEqual(['5671', '9350', '9352'])
  })
})

describe('a service that does not exist', () => {
  it.each(['China', 'AzureGermany'] as const)('is refused for %s with the reason', (cloud) => {
    expect(() => findService('app-proxy', cloud)).toThrow(
      expect.objectContaining({
        code: 'not-found',
        message: expect.stringContaining(
          'Microsoft publishes no connector endpoint list',
        ) as string,
      }),
    )
    expect(endpointServices(cloud)).toEqual([])
  })

  it('is refused with the names of those that do', () => {
    expect(() => findService('exchange', 'Public')).toThrow(RangewardenError)
    expect(() => findService('exchange', 'Public')).toThrow(
      'no service "exchange" in Public: known are app-proxy, app-proxy-legacy',
    )
    expect(() => findService('app-proxy-legacy', 'AzureGovernment')).toThrow('known are app-proxy')
  })

  it('has a reason for every cloud without services', () => {
    for (const cloud of CLOUDS.filter((cloud) => endpointServices(cloud).length === 0)) {
      expect(() => findService('app-proxy', cloud)).toThrow(/publishes no connector endpoint list/)
    }
  })
})
