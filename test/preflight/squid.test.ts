/**
 * The whole preflight through a real Squid with our include files, in a network namespace that owns
 * the one address every name resolves to; nothing leaves the machine.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { squid } from '../../exporters/squid.ts'
import { findService } from '../../src/endpoints/index.ts'
import { makeAuthority } from '../support/certificates.ts'
import { exportInput, renderText } from '../support/export-input.ts'
import { networkNamespace } from '../support/network-namespace.ts'
import {
  GIVEN,
  LEGACY_PORTS,
  NAME_OPTIONS,
  NAMES,
  ORIGIN,
  outputOf,
  preflightWorld,
  type Outcome,
  type PreflightWorld,
  type Row,
} from '../support/preflight-world.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import { SQUID_ADDRESS, type Includes } from '../support/squid.ts'

function include(service: string, clients: string): string {
  const rules = findService(service, 'Public').endpoints
  return renderText(squid, exportInput({ name: service, rules, options: { clients } }))
}

const SELF = `${SQUID_ADDRESS}/32`
const SOMEBODY_ELSE = '10.9.0.99/32'

describeWith(
  [program('squid'), program('ip'), program('openssl'), networkNamespaces],
  'preflight through a live Squid',
  () => {
    let world: PreflightWorld
    beforeAll(async () => (world = await preflightWorld()))
    afterAll(() => world.close())

    const load = (includes: Includes): Promise<void> => world.load(includes)
    const preflight = (args: readonly string[], roots?: readonly string[]): Promise<Outcome> =>
      world.preflight(args, roots)
    const verdictOf = ({ rows }: Outcome, method: string, name: string): string[] =>
      rows.filter((row) => row.method === method && row.name === name).map((row) => row.verdict)

    describe('with our include file', () => {
      beforeAll(() => load({ afterPortDenies: [include('app-proxy', SELF)] }))

      it('is well: every required name, port and file, and nothing past the proxy', async () => {
        const outcome = await preflight(NAME_OPTIONS)
        expect(outcome.rows.filter(({ verdict }) => !/^(ok|not-testable)$/.test(verdict))).toEqual(
          [],
        )
        expect([outcome.code, outcome.ok]).toEqual([0, true])
        expect(outcome.counts).toEqual({ ok: NAMES.length + 2 + 3, 'not-testable': 7 })
        expect(verdictOf(outcome, 'DIRECT', 'ns.servicebus.windows.net')).toEqual([
          'ok',
          'ok',
          'ok',
        ])
        expect(outcome.rows.find(({ name }) => name === 'login.windows.net')?.addresses).toEqual([
          ORIGIN,
        ])
      })

      it('is not well without the names that its run time needs, though nothing is wrong', async () => {
        const outcome = await preflight([])
        expect(outcome.rows.filter(({ verdict }) => !/^(ok|not-testable)$/.test(verdict))).toEqual(
          [],
        )
        expect([outcome.code, outcome.ok]).toEqual([4, false])
        const half = await preflight(['--name', 'tenant.msappproxy.net'])
        expect([half.code, half.ok]).toEqual([4, false])
        expect(half).toMatchObject({
          untested: [
            { method: 'CONNECT', name: '*.servicebus.windows.net', ports: ['443'] },
            { method: 'DIRECT', name: '*.servicebus.windows.net', ports: ['5671', '9350', '9352'] },
          ],
        })
      })

      it('knows a refusal of the host from one of Squid', async () => {
        const { rows } = await preflight([])
        const ocsp = rows.find(({ name }) => name === 'ocsp.digicert.com')
        expect(ocsp).toMatchObject({
          verdict: 'ok',
          status: 403,
          reason: 'the host itself answers, with 403',
        })
        expect(rows.find(({ name }) => name === 'crl3.digicert.com')).toMatchObject({ status: 200 })
      })

      it('names the authority where TLS is not of a public one', async () => {
        const outcome = await preflight([], [makeAuthority('Another Root').cert])
        expect(outcome.code).toBe(4)
        const tls = outcome.rows.filter(
          ({ method, status }) => method === 'CONNECT' && status === 200,
        )
        expect(tls.length).toBeGreaterThan(5)
        for (const row of tls) {
          expect(row).toMatchObject({ verdict: 'inspected', issuer: 'CN=Public Test Root' })
        }
      })

      it('as a program takes no authority of this machine for a public one', async () => {
        const ca = world.folder.file('ca.pem', world.authority)
        const launcher = new URL('../../bin/rangewarden.js', import.meta.url).pathname
        const service = ['--name', 'ns.servicebus.windows.net']
        const args = ['preflight', '--json', '--proxy', world.proxy, ...service]
        const node = [`NODE_EXTRA_CA_CERTS=${ca}`, process.execPath, launcher]
        const program = world.namespace.spawn('env', [...node, ...args])
        const { checks } = JSON.parse(await outputOf(program, { code: 4 })) as { checks: Row[] }
        const login = checks.find(({ name }) => name === 'login.windows.net')
        expect(login).toMatchObject({ verdict: 'inspected', issuer: 'CN=Public Test Root' })
        const crl = checks.find(({ name }) => name === 'crl3.digicert.com')
        expect(crl).toMatchObject({ verdict: 'ok', addresses: null })
        // The namespace has no DNS server: nobody knows what would go past the proxy.
        const direct = checks.filter(({ method }) => method === 'DIRECT')
        expect(direct).toHaveLength(3)
        for (const row of direct) expect(row).toMatchObject({ verdict: 'not-testable' })
      })

      it('finds legacy ports refused until they are included above the port denies', async () => {
        const before = await preflight(['--legacy', ...NAME_OPTIONS])
        expect(before.code).toBe(4)
        expect(before.counts['policy-refused']).toBe(2 * LEGACY_PORTS.length)
        await load({
          beforePortDenies: [include('app-proxy-legacy', SELF)],
          afterPortDenies: [include('app-proxy', SELF)],
        })
        const after = await preflight(['--legacy', ...NAME_OPTIONS])
        expect(after.rows.filter(({ verdict }) => !/^(ok|not-testable)$/.test(verdict))).toEqual([])
        expect(after.code).toBe(0)
      })
    })

    it('finds a proxy that wants a password', async () => {
      await load({ afterPortDenies: [include('app-proxy', SOMEBODY_ELSE)] })
      const { code, counts } = await preflight([])
      expect(code).toBe(4)
      expect(counts).toEqual({
        'proxy-authentication': NAMES.length - GIVEN.length + 2,
        'not-testable': 11,
      })
    })

    it('finds a policy that refuses, by GET as by CONNECT', async () => {
      await load({ afterPortDenies: ['http_access deny all\n'] })
      const { code, counts, rows } = await preflight([])
      expect(code).toBe(4)
      expect(counts).toEqual({
        'policy-refused': NAMES.length - GIVEN.length + 2,
        'not-testable': 11,
      })
      expect(rows.find(({ name }) => name === 'ocsp.digicert.com')).toMatchObject({
        status: 403,
        reason: 'the proxy refuses it (ERR_ACCESS_DENIED)',
      })
    })

    it('finds a name that the proxy cannot resolve', async () => {
      await load({ afterPortDenies: [include('app-proxy', SELF)] })
      const outcome = await preflight(['--name', 'nobody.msappproxy.net'])
      expect(verdictOf(outcome, 'CONNECT', 'nobody.msappproxy.net')).toEqual(['unreachable'])
      expect(outcome.counts['unreachable']).toBe(1)
      expect(outcome.code).toBe(4)
    })

    describe('past the proxy', () => {
      const name = GIVEN[1] ?? ''

      it('finds a direct connection that succeeds', async () => {
        await load({ afterPortDenies: [include('app-proxy', SELF)] })
        const open = await world.open([9350])
        const outcome = await preflight(['--name', name])
        expect(verdictOf(outcome, 'DIRECT', name)).toEqual(['ok', 'goes-around', 'ok'])
        expect(outcome.code).toBe(4)
        const gone = new Promise((resolve) => open.once('exit', resolve))
        open.kill()
        await gone
      })
    })
  },
)

describeWith(
  [program('ip'), program('nft'), networkNamespaces],
  'a direct attempt behind a firewall',
  () => {
    it('that drops is left waiting, that rejects is refused at once', async () => {
      const namespace = await networkNamespace([ORIGIN], [])
      try {
        const rules = [
          'add table inet t',
          'add chain inet t c { type filter hook output priority 0; }',
          'add rule inet t c tcp dport 5671 drop',
          'add rule inet t c tcp dport 9350 reject with tcp reset',
          'add rule inet t c tcp dport 9352 reject with icmpx type admin-prohibited',
        ]
        const nft = namespace.spawn('nft', [rules.join('; ')])
        await outputOf(nft)
        const script = new URL('../support/inside-dial.ts', import.meta.url).pathname
        const said = await outputOf(
          namespace.spawn(process.execPath, [script, ORIGIN, '5671', '9350', '9352']),
        )
        expect(JSON.parse(said)).toEqual(['unanswered', 'refused', 'refused'])
      } finally {
        await namespace.close()
      }
    })
  },
)
