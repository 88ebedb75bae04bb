/**
 * What nft and a router make of the connectors' ports: Service Bus's own ports are refused at once,
 * the others pass, and nothing is opened that the site's own rules drop. Between network namespaces.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { connectorPortsNftables } from '../../exporters/connector-ports-nftables.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { checkFile } from '../support/nft.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import { routedNetworks, type RoutedNetworks } from '../support/routed-networks.ts'
import { answerTo, runInside, type Answer } from '../support/run-inside.ts'

formatLaws({
  exporter: connectorPortsNftables,
  read: (file) => {
    expect(plan(file).clients).toEqual(['127.0.0.1/32', '::1/128'])
    return {}
  },
  words: 'none',
})

interface Plan {
  readonly table: string
  readonly comments: string
  readonly clients: readonly string[]
  readonly accepted: string
}

/** The whole grammar: an empty table, deleted, and the table; two sets and four rules in it. */
function plan(file: string | Uint8Array): Plan {
  const { entries: lines, comments } = splitHead(file, '# ')
  const table = /^table (inet rangewarden_[a-z0-9_-]+_ports) \{$/.exec(lines[0] ?? '')?.[1] ?? ''
  expect(table).not.toBe('')
  const elements = lines.filter((line) => line.startsWith('    elements = { '))
  const accepted = /dport \{ ([0-9, -]+) \} counter accept$/.exec(lines.at(-3) ?? '')?.[1] ?? ''
  const set = (family: 4 | 6): string[] => [
    `  set connectors_v${family} {`,
    ...[`    type ipv${family}_addr`, '    flags interval'],
    ...elements.filter((line) => line.includes(':') === (family === 6)),
    '  }',
  ]
  const rule = (ports: string, verdict: string): string[] =>
    ['ip saddr @connectors_v4', 'ip6 saddr @connectors_v6'].map(
      (from) => `    ${from} tcp dport { ${ports} } counter ${verdict}`,
    )
  expect(lines).toEqual([
    ...[`table ${table} {`, '}', `delete table ${table}`, `table ${table} {`],
    ...[...set(4), ...set(6)],
    ...['  chain forward {', '    type filter hook forward priority filter - 1; policy accept;'],
    ...rule('5671, 9350, 9352', 'reject with tcp reset'),
    ...rule(accepted, 'accept'),
    ...['  }', '}'],
  ])
  const texts = elements.flatMap((line) => line.slice('    elements = { '.length, -2).split(', '))
  networksOf(texts)
  return { table, comments: comments.join(' '), clients: texts, accepted }
}

const CONNECTOR = '10.9.1.10'
const CONNECTOR_6 = 'fd00:1::10'
const STRANGER = '10.9.1.11'
const STRANGER_6 = 'fd00:1::11'
const SERVER = '20.1.0.9'
const SERVER_6 = '2603:1030::9'

const CLIENTS = '10.9.1.10/32,fd00:1::10/128'

const render = (given: Partial<ExportInput>, clients = CLIENTS): string =>
  renderText(connectorPortsNftables, exportInput({ options: { clients }, name: 'live', ...given }))

describe('the plan', () => {
  it('has 443 and 80, and the ports of the names', () => {
    const legacy = findService('app-proxy-legacy', 'Public').endpoints
    expect(plan(render({})).accepted).toBe('80, 443')
    expect(plan(render({ rules: legacy })).accepted).toBe('80, 443, 8080, 9090-9091, 10100-10120')
  })

  it('has a table of its own for each list', () => {
    expect(plan(render({ name: 'a.b' })).table).toBe('inet rangewarden_a_b_ports')
    expect(plan(render({ name: 'a-b' })).table).toBe('inet rangewarden_a-b_ports')
  })

  it('moves no byte when the networks of the list do', () => {
    const today = render({ prefixes: prefixes('20.0.0.0/24'), version: { serial: 8 } })
    expect(today).toBe(render({ prefixes: prefixes('20.0.1.0/24'), version: { serial: 9 } }))
  })

  it('says so if it meets nothing, because only loopback is named', () => {
    expect(plan(render({}, '127.0.0.1/32,::1/128')).comments).toContain('These rules meet nothing')
    expect(plan(render({}, '127.0.0.1/32,10.9.1.0/24')).comments).not.toContain('meet nothing')
  })
})

describeWith([program('nft'), networkNamespaces], 'nft -c -f', () => {
  it.each([
    ['connectors of both families', {}, CLIENTS],
    ['connectors of one family', {}, '10.9.1.0/24'],
    ['loopback', {}, '127.0.0.1/32,::1/128'],
    ['the longest name', { name: `a${'.-'.repeat(19)}z` }, CLIENTS],
    ['older ports', { rules: findService('app-proxy-legacy', 'Public').endpoints }, CLIENTS],
  ] as const)('has nothing to say about %s', (_, given, clients) => {
    expect(checkFile(render(given, clients))).toEqual({ code: 0, said: '' })
  })

  it('takes names of lists as long as the limit and none longer', () => {
    const limit = connectorPortsNftables.limits.nameLength ?? 0
    const text = render({ name: 'n'.repeat(limit) })
    expect(checkFile(text)).toEqual({ code: 0, said: '' })
    const longer = text.replaceAll('n'.repeat(limit), 'n'.repeat(limit + 1))
    expect(checkFile(longer).code).not.toBe(0)
  })
})

/** Without it a later chain drops 443, as the rules of many sites do. */
const SITE = `
table inet site {
  chain forward {
    type filter hook forward priority filter; policy accept;
    tcp dport 8443 drop
    ip saddr ${CONNECTOR} tcp dport 80 drop
  }
}
`

describeWith(
  [program('nft'), program('ip'), program('sysctl'), program('curl'), networkNamespaces],
  'a live router',
  () => {
    let net: RoutedNetworks
    beforeAll(async () => {
      const client = {
        networks: [
          { router: '10.9.1.1', length: 24 },
          { router: 'fd00:1::1', length: 64 },
        ],
        hosts: [CONNECTOR, CONNECTOR_6, STRANGER, STRANGER_6],
      }
      const server = {
        networks: [
          { router: '20.1.0.1', length: 24 },
          { router: '2603:1030::1', length: 64 },
        ],
        hosts: [SERVER, SERVER_6],
      }
      net = await routedNetworks({ client, server }, [80, 443, 5671, 8443, 9350, 9352])
    })
    afterAll(() => net.close())

    const loadFile = (text: string) => runInside(net.router, 'nft', ['-f', '-'], text)
    const four = (from: string, port: number): Promise<Answer> =>
      answerTo(net.client, from, SERVER, port)
    const six = (from: string, port: number): Promise<Answer> =>
      answerTo(net.client, from, SERVER_6, port)

    it('lets everything through before', async () => {
      for (const port of [443, 5671, 9350, 9352]) {
        expect(await four(CONNECTOR, port)).toBe(200)
        expect(await six(CONNECTOR_6, port)).toBe(200)
      }
    })

    describe('with the plan', () => {
      beforeAll(async () => {
        const quiet = { code: 0, stdout: '', stderr: '' }
        expect(await loadFile(render({}, '10.9.1.0/24,fd00:1::/64'))).toEqual(quiet)
        expect(await loadFile(render({}))).toEqual(quiet)
      })

      it.each([5671, 9350, 9352])('refuses a connector on %i at once', async (port) => {
        const begun = performance.now()
        expect(await four(CONNECTOR, port)).toBe('refused')
        expect(await six(CONNECTOR_6, port)).toBe('refused')
        expect(performance.now() - begun).toBeLessThan(900)
      })

      it('lets a connector through on 443 and 80', async () => {
        for (const port of [80, 443]) {
          expect(await four(CONNECTOR, port)).toBe(200)
          expect(await six(CONNECTOR_6, port)).toBe(200)
        }
      })

      it('has nothing of the wider plan before: others are left alone', async () => {
        for (const port of [443, 5671, 9350, 9352]) {
          expect(await four(STRANGER, port)).toBe(200)
          expect(await six(STRANGER_6, port)).toBe(200)
        }
      })

      it('opens nothing that the rules of the site drop', async () => {
        expect(await four(CONNECTOR, 8443)).toBe(200)
        expect(await loadFile(SITE)).toMatchObject({ code: 0 })
        expect(await four(CONNECTOR, 8443)).toBe('no answer')
        expect(await four(CONNECTOR, 80)).toBe('no answer')
        expect(await four(CONNECTOR, 443)).toBe(200)
        expect(await four(STRANGER, 80)).toBe(200)
      })

      it('is as it was after a file with an error in it', async () => {
        const broken = render({}, '10.9.1.11/32').replace('counter accept', 'counter accepted')
        expect((await loadFile(broken)).code).not.toBe(0)
        expect(await four(CONNECTOR, 9350)).toBe('refused')
        expect(await four(STRANGER, 9350)).toBe(200)
      })
    })
  },
)
