/**
 * The connectors' ports as Squid understands them, above its port denies: a live Squid in a network
 * namespace tunnels the listed clients to the listed names on the ports of the plan, and to no other.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectorPortsSquid } from '../../exporters/connector-ports-squid.ts'
import { ExportRefused, type ExportInput } from '../../exporters/contract.ts'
import { squid } from '../../exporters/squid.ts'
import { port } from '../../src/core/endpoint-rule.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, renderText, rule } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import {
  CONNECTOR,
  INSIDE,
  liveSquid,
  OUTSIDE,
  parseConfiguration,
  squidFolder,
  STRANGER,
} from '../support/squid.ts'
import { aclOf, asRule, namesApart, readSquidConf } from '../support/squid-conf.ts'

/** The names of the allow rules; the first rule is the only denial. */
function tunnelled(file: ExportFile): string[] {
  const conf = readSquidConf(file)
  const [denial, ...allows] = conf.rules
  expect(denial?.action).toBe('http_access deny')
  const [clients, connect, direct, ...more] = denial?.acls ?? []
  expect(aclOf(conf, clients).type).toBe('src')
  expect(connect).toBe('CONNECT')
  expect(aclOf(conf, direct).values).toEqual(['5671', '9350', '9352'])
  expect(more).toEqual([])
  return allows.flatMap(({ action, acls: [who, how, ports, names, ...rest] }) => {
    expect([action, who, how, rest]).toEqual(['http_access allow', clients, 'CONNECT', []])
    expect(aclOf(conf, ports).type).toBe('port')
    return names === undefined ? [] : aclOf(conf, names).values.map(asRule)
  })
}

formatLaws({
  exporter: connectorPortsSquid,
  read: (file) => ({ names: tunnelled(file) }),
  words: (file) => readSquidConf(file).comments.join(' '),
  namesOf: ({ destinations, rules }) => {
    if (destinations === 'any') return []
    const others = rules
      .map(({ name, ports }) => rule(name, ...ports.filter(({ first }) => first !== 80)))
      .filter(({ ports }) => ports.length > 0)
    return namesApart(others, (a, b) => JSON.stringify(a.ports) === JSON.stringify(b.ports))
  },
})

function render(given: Partial<ExportInput>, connect80 = 'no'): string {
  const options = { clients: `${CONNECTOR}/32`, connect80 }
  return renderText(connectorPortsSquid, exportInput({ ...given, options }))
}

const current = { name: 'app-proxy', rules: findService('app-proxy', 'Public').endpoints }
const old = { name: 'app-proxy-legacy', rules: findService('app-proxy-legacy', 'Public').endpoints }
const anywhere: Partial<ExportInput> = { name: 'app-proxy-any', destinations: 'any' }

/** The lines that Squid acts on, without those that every list has. */
function code(given: Partial<ExportInput>, connect80?: string): string[] {
  const lines = render({ name: 'list', ...given }, connect80).split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).slice(3)
}

describe('the rules', () => {
  it('open the ports of each name for that name', () => {
    const rules = [rule('a.example', 80, 443), rule('b.example', 443, port(10100, 10120))]
    expect(code({ rules })).toEqual([
      'acl rangewarden_list_pnames1 dstdomain -n a.example',
      'acl rangewarden_list_pports1 port 443',
      'http_access allow rangewarden_list_pclients CONNECT rangewarden_list_pports1 rangewarden_list_pnames1',
      'acl rangewarden_list_pnames2 dstdomain -n b.example',
      'acl rangewarden_list_pports2 port 443 10100-10120',
      'http_access allow rangewarden_list_pclients CONNECT rangewarden_list_pports2 rangewarden_list_pnames2',
    ])
    expect(code({ rules }, 'yes')).toContain('acl rangewarden_list_pports1 port 80 443')
    expect(code({ rules }, 'yes')).toContain('acl rangewarden_list_pports2 port 443 10100-10120')
  })

  it('never open a port that is to be refused, whatever a name asks', () => {
    const rules = [rule('a.example', port(5670, 5672), port(9349, 9353), 443)]
    expect(code({ rules })).toContain(
      'acl rangewarden_list_pports1 port 443 5670 5672 9349 9351 9353',
    )
  })

  it('open ports alone for all destinations', () => {
    expect(code({ destinations: 'any' })).toEqual([
      'acl rangewarden_list_pports1 port 443',
      'http_access allow rangewarden_list_pclients CONNECT rangewarden_list_pports1',
    ])
    const legacy = { destinations: 'any', rules: [rule('a.example', 443, 8080)] } as const
    expect(code(legacy, 'yes')).toContain('acl rangewarden_list_pports1 port 80 443 8080')
  })

  it('have ACLs that fit for the longest list name, and differ for lists that differ', () => {
    expect(code({ name: 'a'.repeat(40), rules: old.rules })).not.toEqual([])
    const first = ['a.b', 'a-b', 'a.-b'].map((name) => code({ name, rules: old.rules })[0])
    expect(new Set(first).size).toBe(3)
  })

  it('are refused where there would be none, naming the setting', () => {
    const rules = [rule('crl.example', 80)]
    expect(() => render({ rules })).toThrow(ExportRefused)
    expect(() => render({ rules })).toThrow('RANGEWARDEN_CONNECTOR_CONNECT_80=yes')
    expect(code({ rules }, 'yes')).toContain('acl rangewarden_list_pports1 port 80')
  })
})

describeWith([program('squid')], 'squid -k parse', () => {
  const both = renderText(squid, exportInput({ ...current, options: {} }))

  it.each([
    ['the current connector', [render(current)], []],
    ['port 80', [render(current, 'yes')], []],
    ['a legacy connector', [render(old)], []],
    ['all destinations', [render(anywhere)], []],
    ['all of them, and squid of the same list', [render(current), render(old)], [both]],
  ])('has nothing to say about %s', (_, beforePortDenies, afterPortDenies) => {
    const folder = squidFolder()
    try {
      folder.include({ beforePortDenies, afterPortDenies })
      expect(parseConfiguration(folder.conf)).toEqual({ code: 0, complaints: [] })
    } finally {
      folder.remove()
    }
  })
})

describeWith([program('squid'), program('ip'), networkNamespaces], 'a live Squid', () => {
  const world = liveSquid([80, 443, 8080, 9090, 9091, 9350, 10100, 10120, 10121])
  const { admits, load } = world

  beforeAll(() => world.start([INSIDE, OUTSIDE]))
  afterAll(world.stop)

  describe('for the current connector', () => {
    beforeAll(() => load({ beforePortDenies: [render(current)] }))

    it.each([
      ['tenant.msappproxy.net:443', 200],
      ['ns.servicebus.windows.net:443', 200],
      ['tenant.msappproxy.net:80', 403],
      ['crl3.digicert.com:80', 403],
      ['tenant.msappproxy.net:8080', 403],
      ['tenant.msappproxy.net:9090', 403],
      ['tenant.msappproxy.net:10100', 403],
      ['tenant.msappproxy.net:9350', 403],
      ['evilmsappproxy.net:443', 407],
      ['a.msappproxy.net.evil.xyz:443', 407],
      [`${INSIDE}:443`, 407],
      ['http://crl3.digicert.com/', 407],
    ])('answers a connector for %s with %i', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
    })

    it('leaves other clients to the rules of the site', async () => {
      expect(await admits(STRANGER, 'tenant.msappproxy.net:443')).toBe(407)
    })
  })

  describe('with port 80 asked for', () => {
    beforeAll(() => load({ beforePortDenies: [render(current, 'yes')] }))

    it.each([
      ['crl3.digicert.com:80', 200],
      ['ctldl.windowsupdate.com:80', 200],
      ['tenant.msappproxy.net:443', 200],
      ['tenant.msappproxy.net:80', 403],
      ['evilmsappproxy.net:80', 403],
      [`${OUTSIDE}:80`, 403],
      ['http://crl3.digicert.com/', 407],
    ])('answers a connector for %s with %i', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
    })

    it('does not open it for other clients', async () => {
      expect(await admits(STRANGER, 'crl3.digicert.com:80')).toBe(403)
    })
  })

  describe('for a legacy connector', () => {
    beforeAll(() => load({ beforePortDenies: [render(old)] }))

    it.each([443, 8080, 9090, 9091, 10100, 10120])('opens port %i', async (number) => {
      expect(await admits(CONNECTOR, `tenant.msappproxy.net:${number}`)).toBe(200)
    })

    it.each([
      'tenant.msappproxy.net:80',
      'tenant.msappproxy.net:9350',
      'tenant.msappproxy.net:10121',
      'login.windows.net:10100',
      'evilmsappproxy.net:10100',
      'outside.example:8080',
    ])('does not tunnel to %s', async (target) => {
      expect(await admits(CONNECTOR, target)).toBe(403)
    })

    it('does not open them for other clients', async () => {
      expect(await admits(STRANGER, 'tenant.msappproxy.net:10100')).toBe(403)
    })
  })

  it('refuses the direct ports to connectors alone, even where all else is open', async () => {
    const open = 'acl SSL_ports port 9350\nacl Safe_ports port 9350\n'
    await load({
      beforePortDenies: [render(current), open],
      afterPortDenies: ['http_access allow all\n'],
    })
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:9350')).toBe(403)
    expect(await admits(STRANGER, 'tenant.msappproxy.net:9350')).toBe(200)
  })

  it('for all destinations limits clients and ports', async () => {
    await load({ beforePortDenies: [render(anywhere)] })
    expect(await admits(CONNECTOR, 'outside.example:443')).toBe(200)
    expect(await admits(CONNECTOR, 'outside.example:80')).toBe(403)
    expect(await admits(STRANGER, 'outside.example:443')).toBe(407)
    await load({ beforePortDenies: [render(anywhere, 'yes')] })
    expect(await admits(CONNECTOR, 'outside.example:80')).toBe(200)
  })

  it('works beside squid of the same list', async () => {
    const below = renderText(
      squid,
      exportInput({ ...current, options: { clients: `${CONNECTOR}/32` } }),
    )
    await load({ beforePortDenies: [render(current, 'yes')], afterPortDenies: [below] })
    expect(await admits(CONNECTOR, 'crl3.digicert.com:80')).toBe(200)
    expect(await admits(CONNECTOR, 'http://crl3.digicert.com/')).toBe(200)
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:443')).toBe(200)
    expect(await admits(STRANGER, 'http://crl3.digicert.com/')).toBe(407)
  })

  it('forgets names and ports that a newer list no longer has', async () => {
    await load({ beforePortDenies: [render(old)] })
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:10100')).toBe(200)
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(200)
    const fewer = { name: old.name, rules: [rule('*.msappproxy.net', 443)] }
    await load({ beforePortDenies: [render(fewer)] })
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:10100')).toBe(403)
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(407)
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:443')).toBe(200)
  })
})
