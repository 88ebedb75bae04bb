/** An allowlist's names against its addresses, asked of a DNS server on loopback. */
import { afterEach, describe, expect, it } from 'vitest'
import { addressTwin } from '../../exporters/check.ts'
import { json } from '../../exporters/json.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { readCoveredList, type CoveredList } from '../../src/coverage/covered-list.ts'
import {
  createDnsClient,
  parseDnsServer,
  resolveName,
  type DnsClient,
} from '../../src/coverage/resolve.ts'
import { questionsOf, runCoverage, type NameCoverage } from '../../src/coverage/run.ts'
import { startDnsServer, type DnsServer, type Zone } from '../support/dns-server.ts'
import { exportInput, prefixes, renderText, rule } from '../support/export-input.ts'

const closes: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

async function dns(zone: Zone): Promise<DnsServer> {
  const server = await startDnsServer(zone)
  closes.push(() => server.close())
  return server
}

const RULES = [rule('*.wild.test', 443), rule('a.test', 443), rule('crl.test', 80)]
const HELD = prefixes('192.0.2.0/25', '2001:db8::/48')

function listOf(given: Parameters<typeof exportInput>[0] = {}): CoveredList {
  const input = exportInput({ rules: RULES, prefixes: HELD, uncovered: ['crl.test'], ...given })
  return readCoveredList(Buffer.from(renderText(json, input)))
}

function refusalOf(given: Parameters<typeof exportInput>[0]): string {
  try {
    listOf(given)
    return ''
  } catch (error) {
    return error instanceof RangewardenError ? `${error.code}: ${error.message}` : String(error)
  }
}

describe('a list', () => {
  it('is read from the json format', () => {
    const { names, uncovered, addresses } = listOf()
    expect(names).toEqual(['*.wild.test', 'a.test', 'crl.test'])
    expect(uncovered).toEqual(['crl.test'])
    expect([...addresses.ranges()]).toHaveLength(2)
  })

  it.each([
    [
      { name: 'app-proxy', prefixes: [] },
      /^invalid-input: app-proxy holds no addresses.*: app-proxy-ip has/,
    ],
    [{ name: 'app-proxy.china', prefixes: [] }, /: app-proxy-ip\.china has the addresses/],
    [{ name: 'own', prefixes: [] }, /^invalid-input: own holds no addresses to find answers in$/],
    [{ name: 'any', destinations: 'any' }, /^invalid-input: any admits all destinations/],
  ] as const)('of %j is refused', (given, message) => {
    expect(refusalOf(given as Parameters<typeof exportInput>[0])).toMatch(message)
  })

  it.each(['app-proxy', 'app-proxy.government', 'app-proxy-legacy', 'own'])(
    'of names alone, %s, is sent where formats of addresses send it',
    (name) => {
      const twin = addressTwin(name)
      const wayOut = twin === undefined ? '' : `: ${twin} has the addresses for these names`
      expect(refusalOf({ name, prefixes: [] })).toBe(
        `invalid-input: ${name} holds no addresses to find answers in${wayOut}`,
      )
    },
  )
})

describe('questions', () => {
  it.each([
    [[], ['*.wild.test?', 'a.test', 'crl.test']],
    [
      ['x.wild.test', 'y.x.wild.test'],
      ['x.wild.test', 'y.x.wild.test', 'a.test', 'crl.test'],
    ],
    [['a.test'], ['*.wild.test?', 'a.test', 'crl.test']],
  ])('with %j are %j', (given, expected) => {
    const asked = questionsOf(listOf(), given).map(({ name, required }) => name ?? `${required}?`)
    expect(asked).toEqual(expected)
  })

  it('ask each name once, though a wildcard covers another name of the list', () => {
    const list = { ...listOf(), names: ['*.test', 'a.test'] }
    expect(questionsOf(list, ['a.test'])).toEqual([{ name: 'a.test', required: '*.test' }])
  })
})

describe('answers', () => {
  async function covered(zone: Zone, given: readonly string[] = []): Promise<NameCoverage[]> {
    const server = await dns(zone)
    const client = createDnsClient({ server: server.address, timeoutMs: 300 })
    const stop = new AbortController().signal
    return runCoverage(listOf(), questionsOf(listOf(), given), { client, stop })
  }

  it('of both families are inside or outside, each by itself, with the aliases on the way', async () => {
    const found = await covered(
      {
        'a.test': ['192.0.2.127', '192.0.2.128', '2001:db8::1', '2001:db9::'],
        'crl.test': ['198.51.100.1'],
        'x.wild.test': { alias: 'edge.other.test' },
        'edge.other.test': { alias: 'end.other.test' },
        'end.other.test': ['192.0.2.1'],
      },
      ['x.wild.test'],
    )
    expect(found).toMatchObject([
      {
        name: 'x.wild.test',
        required: '*.wild.test',
        answers: [{ address: '192.0.2.1', isInside: true }],
        chain: ['edge.other.test', 'end.other.test'],
      },
      {
        name: 'a.test',
        isUncovered: false,
        answers: [
          { address: '192.0.2.127', isInside: true },
          { address: '192.0.2.128', isInside: false },
          { address: '2001:db8::1', isInside: true },
          { address: '2001:db9::', isInside: false },
        ],
        chain: [],
      },
      { name: 'crl.test', isUncovered: true, answers: [{ isInside: false }] },
    ])
  })

  it('that do not come are told with the reason; one family is enough where the other has none', async () => {
    const found = await covered({ 'a.test': 'fails', 'crl.test': ['2001:db8::2'] })
    expect(found.map(({ state, reason }) => [state, reason])).toEqual([
      ['not-testable', 'give a name it covers: --name NAME.wild.test'],
      ['unresolved', 'the DNS server fails (ESERVFAIL)'],
      ['resolved', undefined],
    ])
    expect((await covered({}))[1]?.reason).toBe('no such name, or no address')
    const silent = await covered({ 'a.test': 'silent', 'crl.test': [] })
    expect(silent[1]?.reason).toBe('the DNS server does not answer')
    expect(silent[2]?.state).toBe('unresolved')
  })

  describe('of one family, while the other', () => {
    const noFamily = (code: string): (() => Promise<never>) => {
      return () => Promise.reject(Object.assign(new Error(code), { code }))
    }
    async function coveredBy(families: object): Promise<NameCoverage | undefined> {
      const client = { resolveCname: noFamily('ENODATA'), cancel: () => undefined, ...families }
      const list = { ...listOf(), names: ['a.test'] }
      const deps = { client: client as unknown as DnsClient, stop: new AbortController().signal }
      return (await runCoverage(list, questionsOf(list, []), deps))[0]
    }
    const resolve4 = (): Promise<string[]> => Promise.resolve(['192.0.2.1'])
    const resolve6 = (): Promise<string[]> => Promise.resolve(['2001:db8::1'])

    it.each([
      ['ETIMEOUT', 'the DNS server does not answer'],
      ['ESERVFAIL', 'the DNS server fails (ESERVFAIL)'],
      ['EREFUSED', 'the DNS server fails (EREFUSED)'],
    ])('fails with %s, do not resolve the name, and are told', async (code, reason) => {
      expect(await coveredBy({ resolve4: noFamily(code), resolve6 })).toMatchObject({
        ...{ state: 'unresolved', reason: `IPv4: ${reason}` },
        answers: [{ address: '2001:db8::1', isInside: true }],
      })
      expect(await coveredBy({ resolve4, resolve6: noFamily(code) })).toMatchObject({
        ...{ state: 'unresolved', reason: `IPv6: ${reason}` },
        answers: [{ address: '192.0.2.1', isInside: true }],
      })
    })

    it.each(['ENODATA', 'ENOTFOUND'])('has nothing (%s), are all there are', async (code) => {
      const found = await coveredBy({ resolve4, resolve6: noFamily(code) })
      expect(found).toMatchObject({ state: 'resolved', answers: [{ isInside: true }] })
      expect(found?.reason).toBeUndefined()
    })

    it('has nothing, are none where this one fails', async () => {
      const families = { resolve4: noFamily('ETIMEOUT'), resolve6: noFamily('ENODATA') }
      const reason = 'IPv4: the DNS server does not answer'
      expect(await coveredBy(families)).toMatchObject({ state: 'unresolved', reason, answers: [] })
    })
  })

  it('end when they are stopped', async () => {
    const server = await dns({ 'a.test': 'silent', 'crl.test': 'silent' })
    const client = createDnsClient({ server: server.address, timeoutMs: 20_000 })
    const stop = new AbortController()
    const list = listOf()
    const asked = runCoverage(list, questionsOf(list, []), { client, stop: stop.signal })
    while (server.seen.length < 4) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    expect((await asked).map(({ state }) => state)).toEqual(['not-testable'])
  })

  it('of a circle of aliases end', async () => {
    const server = await dns({ 'a.test': ['192.0.2.1'] })
    const client = createDnsClient({ server: server.address, timeoutMs: 300 })
    const circle = {
      ...{ resolve4: () => Promise.resolve(['192.0.2.1']), resolve6: () => Promise.resolve([]) },
      resolveCname: (name: string) => Promise.resolve([name === 'a.test' ? 'b.test' : 'c.test']),
      cancel: () => client.cancel(),
    }
    const found = await resolveName(circle as unknown as typeof client, 'a.test')
    expect(found).toMatchObject({ chain: ['b.test', 'c.test'], failure: undefined })
  })
})

describe('a DNS server', () => {
  it.each([
    ['192.0.2.53', '192.0.2.53:53'],
    ['192.0.2.53:5353', '192.0.2.53:5353'],
    ['2001:db8::53', '[2001:db8::53]:53'],
    ['[2001:db8::53]', '[2001:db8::53]:53'],
    ['[2001:db8::53]:5353', '[2001:db8::53]:5353'],
  ])('%s is %s', (text, server) => {
    expect(parseDnsServer(text)).toEqual({ ok: true, value: server })
    createDnsClient({ server, timeoutMs: 1 })
  })

  it.each([
    'dns.test',
    '192.0.2.256',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '192.0.2.53:',
    '[192.0.2.53]',
    '[::1',
    '',
    '1',
  ])('is not written %j', (text) => expect(parseDnsServer(text)).toMatchObject({ ok: false }))
})
