/**
 * What a real Squid makes of our include files: it parses them without a word of complaint, and it
 * lets through what the list says and asks everybody else for a password. The live Squid runs in a
 * network namespace that owns every address it is asked for; nothing leaves the machine.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { squid } from '../../exporters/squid.ts'
import { formatAddress, type Address, type Family } from '../../src/core/address.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, prefixes, rule } from '../support/export-input.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import {
  parseConfiguration,
  SQUID_ADDRESS,
  squidFolder,
  startSquid,
  type Includes,
  type RunningSquid,
  type SquidFolder,
} from '../support/squid.ts'

const CONNECTOR = '10.9.0.10'
const STRANGER = '10.9.0.11'
const INSIDE = '20.1.0.9'
const INSIDE_6 = '2603:1030::9'
const OUTSIDE = '198.51.100.7'

/** Every look-alike resolves into a listed network: only the name keeps it out. */
const HOSTS = {
  'tenant.msappproxy.net': INSIDE,
  'msappproxy.net': INSIDE,
  'ns.servicebus.windows.net': INSIDE,
  'ns.servicebus.microsoft.net': INSIDE,
  'login.windows.net': INSIDE,
  'crl3.digicert.com': OUTSIDE,
  'ctldl.windowsupdate.com': OUTSIDE,
  'evilmsappproxy.net': INSIDE,
  'a.msappproxy.net.evil.xyz': INSIDE,
  'inside.example': INSIDE,
  'outside.example': OUTSIDE,
}

const HELD = prefixes('20.1.0.0/28', '20.1.4.0/22', '2603:1030::/47')

function render(given: Partial<ExportInput>): string {
  const options = { clients: `${CONNECTOR}/32` }
  return renderExport(squid, exportInput({ options, ...given }))
}

const names = render({ name: 'app-proxy', rules: findService('app-proxy', 'Public').endpoints })
const legacy = render({
  name: 'app-proxy-legacy',
  rules: findService('app-proxy-legacy', 'Public').endpoints,
})
const addresses = render({ name: 'app-proxy-ip', prefixes: HELD })
const mixed = render({ name: 'mixed', rules: [rule('*.msappproxy.net', 443)], prefixes: HELD })
const any = render({ name: 'app-proxy-any', destinations: 'any' })

describeWith([program('squid')], 'squid -k parse', () => {
  let folder: SquidFolder
  beforeAll(() => (folder = squidFolder()))
  afterAll(() => folder.remove())

  const noComplaint = { code: 0, complaints: [] }

  it.each([
    ['names', { afterPortDenies: [names] }],
    ['names of other ports', { beforePortDenies: [legacy] }],
    ['names and addresses', { afterPortDenies: [mixed] }],
    ['addresses', { afterPortDenies: [addresses] }],
    ['all destinations', { afterPortDenies: [any] }],
    [
      'all of them together',
      { beforePortDenies: [legacy], afterPortDenies: [names, addresses, mixed, any] },
    ],
  ] as const)('has nothing to say about %s', (_, includes) => {
    folder.include(includes)
    expect(parseConfiguration(folder.conf)).toEqual(noComplaint)
  })

  it('has much to say about what we leave out', () => {
    folder.include({ afterPortDenies: ['acl x dst 20.0.0.0/16\nacl x dst 20.0.1.0/24\n'] })
    expect(parseConfiguration(folder.conf).complaints).not.toEqual([])
    folder.include({ afterPortDenies: ['acl x dstdomain .a.example\nacl x dstdomain a.example\n'] })
    expect(parseConfiguration(folder.conf).code).not.toBe(0)
  })
})

describeWith([program('squid'), realData], 'squid -k parse, real files', () => {
  it('has nothing to say about the whole address union', () => {
    const folder = squidFolder()
    try {
      folder.include({ afterPortDenies: [render({ ...realUnion().input, options: {} }), names] })
      expect(parseConfiguration(folder.conf)).toEqual({ code: 0, complaints: [] })
    } finally {
      folder.remove()
    }
  })
})

describeWith([program('squid'), program('ip'), networkNamespaces], 'a live Squid', () => {
  const world = liveSquid()
  const { admits, load } = world

  beforeAll(() => world.start([INSIDE, INSIDE_6, OUTSIDE]))
  afterAll(world.stop)

  describe('with the names', () => {
    beforeAll(() => load({ afterPortDenies: [names] }))

    it.each([
      'tenant.msappproxy.net:443',
      'TENANT.msappproxy.NET:443',
      'ns.servicebus.windows.net:443',
      'login.windows.net:443',
      'ctldl.windowsupdate.com:443',
      'http://crl3.digicert.com/',
      'http://ctldl.windowsupdate.com/',
    ])('lets a connector through to %s', async (target) => {
      expect(await admits(CONNECTOR, target)).toBe(200)
    })

    it.each([
      ['evilmsappproxy.net:443', 407],
      ['a.msappproxy.net.evil.xyz:443', 407],
      ['inside.example:443', 407],
      ['outside.example:443', 407],
      [`${INSIDE}:443`, 407],
      ['crl3.digicert.com:443', 407],
      ['http://tenant.msappproxy.net/', 407],
      ['tenant.msappproxy.net:10100', 403],
      ['crl3.digicert.com:80', 403],
    ])('does not let a connector through to %s (%i)', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
    })

    it('asks a client that is not listed for a password', async () => {
      expect(await admits(STRANGER, 'tenant.msappproxy.net:443')).toBe(407)
      expect(await admits(STRANGER, 'http://crl3.digicert.com/')).toBe(407)
    })
  })

  describe('with addresses alone', () => {
    beforeAll(() => load({ afterPortDenies: [addresses] }))

    it.each([
      [`${INSIDE}:443`, 200],
      [`[${INSIDE_6}]:443`, 200],
      [`http://${INSIDE}/`, 200],
      ['inside.example:443', 200],
      [`${OUTSIDE}:443`, 407],
      ['20.1.0.16:443', 407],
      ['[2603:1030:2::]:443', 407],
      ['outside.example:443', 407],
      ['http://crl3.digicert.com/', 407],
      [`${INSIDE}:10100`, 403],
      [`http://${INSIDE}:10100/`, 403],
    ])('answers a connector for %s with %i', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
    })

    it('asks a client that is not listed for a password', async () => {
      expect(await admits(STRANGER, `${INSIDE}:443`)).toBe(407)
    })
  })

  describe('with names and addresses in one list', () => {
    beforeAll(() => load({ afterPortDenies: [mixed] }))

    it.each([
      ['tenant.msappproxy.net:443', 200],
      [`${INSIDE}:443`, 200],
      [`[${INSIDE_6}]:443`, 200],
      ['evilmsappproxy.net:443', 407],
      ['a.msappproxy.net.evil.xyz:443', 407],
      ['inside.example:443', 407],
      [`${OUTSIDE}:443`, 407],
    ])(
      'answers a connector for %s with %i: no look-alike by its address',
      async (target, status) => {
        expect(await admits(CONNECTOR, target)).toBe(status)
      },
    )
  })

  it('keeps two included lists apart', async () => {
    const other = render({
      name: 'app.proxy',
      rules: [rule('inside.example', 443)],
      options: { clients: `${STRANGER}/32` },
    })
    await load({ afterPortDenies: [names, other] })
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:443')).toBe(200)
    expect(await admits(CONNECTOR, 'inside.example:443')).toBe(407)
    expect(await admits(STRANGER, 'inside.example:443')).toBe(200)
    expect(await admits(STRANGER, 'tenant.msappproxy.net:443')).toBe(407)
  })

  it('tunnels to the legacy ports for the names that need them, when included first', async () => {
    await load({ beforePortDenies: [legacy] })
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:10100')).toBe(200)
    expect(await admits(CONNECTOR, 'ns.servicebus.microsoft.net:443')).toBe(200)
    expect(await admits(CONNECTOR, 'login.windows.net:10100')).toBe(403)
    expect(await admits(CONNECTOR, 'evilmsappproxy.net:10100')).toBe(403)
    expect(await admits(STRANGER, 'tenant.msappproxy.net:10100')).toBe(403)
  })

  it('for all destinations limits clients and ports', async () => {
    await load({ afterPortDenies: [any] })
    expect(await admits(CONNECTOR, 'outside.example:443')).toBe(200)
    expect(await admits(CONNECTOR, 'http://outside.example/')).toBe(200)
    expect(await admits(CONNECTOR, 'outside.example:10100')).toBe(403)
    expect(await admits(STRANGER, 'outside.example:443')).toBe(407)
  })

  it('forgets addresses and names that a newer list no longer has', async () => {
    await load({ afterPortDenies: [addresses, names] })
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(200)
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(200)
    const fewer = render({
      name: 'app-proxy-ip',
      prefixes: prefixes('20.1.4.0/22', '2603:1030::/47'),
    })
    const fewerNames = render({ name: 'app-proxy', rules: [rule('*.msappproxy.net', 443)] })
    await load({ afterPortDenies: [fewer, fewerNames] })
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(407)
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(407)
    expect(await admits(CONNECTOR, `[${INSIDE_6}]:443`)).toBe(200)
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:443')).toBe(200)
  })
})

describeWith(
  [program('squid'), program('ip'), networkNamespaces, realData],
  'a live Squid with the real address union',
  () => {
    const world = liveSquid()
    afterAll(world.stop)

    it('lets a connector through to its edges, and not past them', async () => {
      const { set, input } = realUnion()
      const ranges = [...set.ranges()]
      const inside = [...samples(ranges, 4), ...samples(ranges, 6)]
      const past = ranges.slice(0, 20).map(({ family, last }) => after({ family, words: last }))
      await world.start(inside)
      const options = { clients: `${CONNECTOR}/32` }
      await world.load({ afterPortDenies: [render({ ...input, options })] })
      expect(inside).toHaveLength(12)
      for (const address of inside) {
        const target = `${address.includes(':') ? `[${address}]` : address}:443`
        expect([target, await world.admits(CONNECTOR, target)]).toEqual([target, 200])
        expect([target, await world.admits(STRANGER, target)]).toEqual([target, 407])
      }
      for (const address of past) {
        expect([address, await world.admits(CONNECTOR, `${address}:443`)]).toEqual([address, 407])
      }
    })
  },
)

interface World {
  readonly start: (destinations: readonly string[]) => Promise<void>
  readonly stop: () => Promise<void>
  readonly load: (includes: Includes) => Promise<void>
  /** The status of a tunnel to `host:port`, or of a GET for an address with a scheme. */
  readonly admits: (from: string, target: string) => Promise<number>
}

/** A Squid in a namespace that owns the destinations; `load` swaps what its squid.conf includes. */
function liveSquid(): World {
  let namespace: NetworkNamespace | undefined
  let folder: SquidFolder | undefined
  let running: RunningSquid | undefined
  return {
    async start(destinations) {
      const own = [SQUID_ADDRESS, CONNECTOR, STRANGER]
      namespace = await networkNamespace([...own, ...destinations], [80, 443, 10100])
      folder = squidFolder(HOSTS)
      folder.include({})
      running = await startSquid(namespace, folder)
    },
    async stop() {
      await namespace?.close()
      folder?.remove()
    },
    async load(includes) {
      folder?.include(includes)
      await running?.reconfigure()
    },
    async admits(from, target) {
      if (!namespace || !running) throw new Error('not started')
      const method = target.startsWith('http:') ? 'GET' : 'CONNECT'
      return namespace.ask(running.address, { from, method, target })
    },
  }
}

/** First and last addresses of the first, a middle and the last range of a family. */
function samples(
  ranges: readonly { family: Family; first: readonly number[]; last: readonly number[] }[],
  family: Family,
): string[] {
  const own = ranges.filter((range) => range.family === family)
  return [own[0], own[Math.floor(own.length / 2)], own.at(-1)].flatMap((range) =>
    range ? [range.first, range.last].map((words) => formatAddress({ family, words })) : [],
  )
}

/** The IPv4 address after one. */
function after({ family, words }: Address): string {
  return formatAddress({ family, words: words.map((word) => word + 1) })
}
