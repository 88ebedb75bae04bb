/**
 * What a real Squid makes of our include files: it parses them without a word of complaint, and it
 * lets through what the list says and asks everybody else for a password. The live Squid runs in a
 * network namespace that owns every address it is asked for; nothing leaves the machine.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { squid } from '../../exporters/squid.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, prefixes, renderText, rule } from '../support/export-input.ts'
import { formatLaws, type Said } from '../support/format-laws.ts'
import { networksOf } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import {
  authority,
  CONNECTOR,
  edgesOf,
  INSIDE,
  INSIDE_6,
  liveSquid,
  OUTSIDE,
  parseConfiguration,
  squidFolder,
  STRANGER,
  type SquidFolder,
} from '../support/squid.ts'
import { aclOf, asRule, namesApart, readSquidConf, type SquidConf } from '../support/squid-conf.ts'

const HELD = prefixes('20.1.0.0/28', '20.1.4.0/22', '2603:1030::/47')

/** What the allow rules admit; each is for the clients, on ports, to one ACL of destinations. */
function admitted(conf: SquidConf): Said {
  const destinations = conf.rules.map(
    ({ action, acls: [clients, connect, ports, to, ...more] }) => {
      expect(action).toBe('http_access allow')
      expect(aclOf(conf, clients).type).toBe('src')
      expect(['CONNECT', '!CONNECT']).toContain(connect)
      expect(aclOf(conf, ports).type).toBe('port')
      expect(aclOf(conf, ports).values.includes('80')).toBe(connect === '!CONNECT')
      expect(more).toEqual([])
      return to
    },
  )
  const acls = [...new Set(destinations)].flatMap((to) => (to === undefined ? [] : aclOf(conf, to)))
  const ofType = (type: RegExp): string[] =>
    acls.filter((acl) => type.test(acl.type)).flatMap(({ values }) => values)
  return {
    addresses: networksOf(ofType(/^dst( -n)?$/)),
    names: ofType(/^dstdomain -n$/).map(asRule),
  }
}

formatLaws({
  exporter: squid,
  read: (file) => admitted(readSquidConf(file)),
  words: (file) => readSquidConf(file).comments.join(' '),
  namesOf: ({ destinations, rules }) =>
    destinations === 'any'
      ? []
      : namesApart(rules, (a, b) => JSON.stringify(a.ports) === JSON.stringify(b.ports)),
})

function render(given: Partial<ExportInput>): string {
  const options = { clients: `${CONNECTOR}/32` }
  return renderText(squid, exportInput({ options, ...given }))
}

const names = render({ name: 'app-proxy', rules: findService('app-proxy', 'Public').endpoints })
const legacy = render({
  name: 'app-proxy-legacy',
  rules: findService('app-proxy-legacy', 'Public').endpoints,
})
const addresses = render({ name: 'app-proxy-ip', prefixes: HELD })
const mixed = render({ name: 'mixed', rules: [rule('*.msappproxy.net', 443)], prefixes: HELD })
const everything = render({ name: 'everything', prefixes: prefixes('0.0.0.0/0', '::/0') })
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
    ['all of both families', { afterPortDenies: [everything] }],
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

  it('keeps a tunnel that is open to what a newer list no longer has, until a restart', async () => {
    await load({ afterPortDenies: [addresses] })
    const held = await world.tunnel(CONNECTOR, `${INSIDE}:443`)
    expect(held.status).toBe(200)
    await load({ afterPortDenies: [names] })
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(407)
    expect(await held.ask()).toBe(200)
    await world.restart()
    await held.ended()
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(407)
  })

  it.each([
    ['0.0.0.0/0', 200, 407],
    ['::/0', 407, 200],
    ['::/3', 407, 407],
  ])('admits nothing of the other family for %s', async (all, v4, v6) => {
    await load({ afterPortDenies: [render({ name: 'all', prefixes: prefixes(all) })] })
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(v4)
    expect(await admits(CONNECTOR, `[${INSIDE_6}]:443`)).toBe(v6)
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
      const { inside, past } = edgesOf(set)
      await world.start(inside)
      const options = { clients: `${CONNECTOR}/32` }
      await world.load({ afterPortDenies: [render({ ...input, options })] })
      expect(inside).toHaveLength(12)
      for (const address of inside) {
        const target = authority(address)
        expect([target, await world.admits(CONNECTOR, target)]).toEqual([target, 200])
        expect([target, await world.admits(STRANGER, target)]).toEqual([target, 407])
      }
      for (const address of past) {
        expect([address, await world.admits(CONNECTOR, `${address}:443`)]).toEqual([address, 407])
      }
    })
  },
)
