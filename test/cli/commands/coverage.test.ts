/** `coverage` on a real embedded database and on a running service; names come from a DNS server on loopback. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findService } from '../../../src/endpoints/index.ts'
import { callCli, type Answered, type Settings } from '../../support/command-line.ts'
import { startDnsServer, type DnsServer, type Zone } from '../../support/dns-server.ts'
import { makeFeed } from '../../support/feed.ts'
import { startService } from '../../support/service.ts'

const NAMES = findService('app-proxy', 'Public')
  .endpoints.map(({ name }) => name)
  .filter((name) => !name.startsWith('*.'))

const OUTSIDE = '203.0.113.9'

interface View {
  readonly ok: boolean
  readonly counts: Readonly<Record<string, number>>
  readonly names: readonly {
    readonly name: string
    readonly state: string
    readonly uncovered: boolean
    readonly answers: readonly { readonly address: string; readonly inside: boolean }[]
    readonly chain: readonly string[]
  }[]
}

let home: string
let inside: string
const servers: DnsServer[] = []

/** The command, with a DNS server that knows these names and no other. */
async function cover(
  zone: Zone,
  args: readonly string[],
  settings: Settings = {},
): Promise<Answered> {
  const server = await startDnsServer(zone)
  servers.push(server)
  const answered = await callCli(
    [
      '--data-dir',
      join(home, 'data'),
      'coverage',
      ...args,
      '--dns-server',
      server.address,
      '--timeout',
      '2',
    ],
    settings,
  )
  expect(server.seen.every((question) => !question.includes('?'))).toBe(true)
  return answered
}

/** A DNS server that fails at one type of one name. */
async function refusing(
  type: 'A' | 'AAAA',
  name: string,
  zone: Zone,
): Promise<Omit<DnsServer, 'seen'>> {
  const [server, failing] = await Promise.all([
    startDnsServer(zone),
    startDnsServer({ [name]: 'fails' }),
  ])
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const wanted = wireQuestion(type, name)
    const { address } = query.toString('latin1').toLowerCase().includes(wanted) ? failing : server
    const asking = createSocket('udp4')
    asking.once('message', (answer) => {
      asking.close()
      socket.send(answer, from.port, from.address)
    })
    asking.send(query, Number(address.split(':')[1]), '127.0.0.1')
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async close() {
      socket.close()
      await Promise.all([server.close(), failing.close()])
    },
  }
}

function wireQuestion(type: 'A' | 'AAAA', name: string): string {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label)
  return `${labels.join('')}\0\0${String.fromCharCode(type === 'A' ? 1 : 28)}`
}

function everyName(address: string): Record<string, readonly string[]> {
  return Object.fromEntries(NAMES.map((name) => [name, [address]]))
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-coverage-'))
  const [week] = makeFeed({ seed: 5, weeks: 1 })
  if (!week) throw new Error('the feed is too short')
  const file = join(home, week.fileName)
  writeFileSync(file, week.text)
  expect(await callCli(['--data-dir', join(home, 'data'), 'import', file])).toMatchObject({
    code: 0,
  })
  const list = await callCli([
    '--data-dir',
    join(home, 'data'),
    'export',
    'json',
    '--allowlist',
    'app-proxy-ip',
  ])
  const { prefixes } = JSON.parse(list.stdout) as { prefixes: { ipv4: string[] } }
  inside = prefixes.ipv4[0]?.split('/')[0] ?? ''
})

afterAll(async () => {
  for (const server of servers) await server.close()
  rmSync(home, { recursive: true, force: true })
})

describe('coverage', () => {
  it('is well where every answer is inside', async () => {
    const { code, stdout, stderr } = await cover(everyName(inside), ['app-proxy-ip'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^NAME +ANSWER +WHERE/)
    expect(stdout).toContain(`${NAMES.length} answers: ${NAMES.length} inside, 0 outside\n`)
    expect(stdout).toMatch(/\n\*\.msappproxy\.net +- +not-testable +give a name it covers/)
    expect(stdout).toMatch(/\d+ wildcards without a name: not tested\n$/)
  })

  it('says which are outside, and which were expected to be', async () => {
    const zone = {
      ...everyName(inside),
      'crl3.digicert.com': [OUTSIDE],
      'login.windows.net': [inside, OUTSIDE],
      'tenant.msappproxy.net': { alias: 'edge.cloudapp.test' },
      'edge.cloudapp.test': [inside],
    }
    const args = ['app-proxy-ip', '--name', 'tenant.msappproxy.net']
    const { code, stdout } = await cover(zone, args)
    expect(code).toBe(4)
    expect(stdout).toMatch(/\ncrl3\.digicert\.com +203\.0\.113\.9 +outside, as expected\n/)
    expect(stdout).toMatch(
      new RegExp(`\\nlogin\\.windows\\.net +${inside} +inside\\n +203\\.0\\.113\\.9 +outside\\n`),
    )
    expect(stdout).toMatch(/\ntenant\.msappproxy\.net .* inside +edge\.cloudapp\.test\n/)
    expect(stdout).toContain('2 outside (1 of names without published addresses, as expected)\n')
    const asJson = await cover(zone, [...args, '--json'])
    const view = JSON.parse(asJson.stdout) as View
    expect([asJson.code, view.ok]).toEqual([4, false])
    expect(view.counts).toMatchObject({ outside: 2, expectedOutside: 1, unresolved: 0 })
    expect(view.names.find(({ name }) => name === 'crl3.digicert.com')).toMatchObject({
      ...{ state: 'resolved', uncovered: true, chain: [] },
      answers: [{ address: OUTSIDE, inside: false }],
    })
    expect(view.names.find(({ name }) => name === 'login.windows.net')?.uncovered).toBe(false)
  })

  it('tells names that do not resolve, and fails where one does not', async () => {
    const some = await cover({ 'login.windows.net': [inside] }, ['app-proxy-ip'])
    expect(some.code).toBe(4)
    expect(some.stdout).toContain(`${NAMES.length - 1} names do not resolve\n`)
    const zone = { ...everyName(inside), 'login.windows.net': 'fails' as const }
    const asJson = await cover(zone, ['app-proxy-ip', '--json'])
    const { ok, counts } = JSON.parse(asJson.stdout) as View
    expect([asJson.code, ok]).toEqual([4, false])
    expect(counts).toMatchObject({ outside: 0, unresolved: 1, resolvedInPart: 0 })
    const none = await cover({}, ['app-proxy-ip'])
    expect(none.error).toMatchObject({ code: 'upstream-unavailable' })
    expect(none.error?.message).toMatch(/^none of \d+ names resolves: \S+: no such name/)
  })

  it('fails where a family of a name was not answered, and shows what the other has', async () => {
    const relay = await refusing('AAAA', 'login.windows.net', everyName(inside))
    try {
      const args = ['coverage', 'app-proxy-ip', '--dns-server', relay.address]
      const answered = await callCli(['--data-dir', join(home, 'data'), ...args])
      expect(answered.code).toBe(4)
      expect(answered.stdout).toMatch(
        new RegExp(
          '\\nlogin\\.windows\\.net +- +unresolved +IPv6: the DNS server fails \\(ESERVFAIL\\)' +
            `\\n +${inside} +inside\\n`,
        ),
      )
      expect(answered.stdout).toContain(
        `${NAMES.length} answers: ${NAMES.length} inside, 0 outside\n` +
          '1 name does not resolve (1 in part: one family had no answer)\n',
      )
    } finally {
      await relay.close()
    }
  })

  it('asks a running service for the list', async () => {
    const service = await startService(join(home, 'data'))
    try {
      const args = ['app-proxy-ip', '--url', service.url]
      const { code, stdout } = await cover(everyName(OUTSIDE), args, service.settings)
      expect(code).toBe(4)
      expect(stdout).toContain(`${NAMES.length} answers: 0 inside, ${NAMES.length} outside`)
    } finally {
      await service.close()
    }
  })

  it.each([
    [
      ['app-proxy'],
      'invalid-input',
      /app-proxy holds no addresses.*: app-proxy-ip has the addresses/,
    ],
    [['app-proxy-any'], 'invalid-input', /admits all destinations/],
    [['nothing'], 'not-found', /no allowlist "nothing"/],
    [['app-proxy-ip', '--name', 'x.example'], 'invalid-input', /no required name covers it/],
  ])('refuses %j', async (args, code, message) => {
    const { error } = await cover({}, args)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('refuses a DNS server that is a name', async () => {
    const { code, stderr } = await callCli(['coverage', 'app-proxy-ip', '--dns-server', 'dns.test'])
    expect(code).toBe(2)
    expect(stderr).toContain('a DNS server is an address')
  })
})
