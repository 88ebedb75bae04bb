/**
 * A real Squid that inspects TLS, in a network namespace: the preflight finds it, names its
 * authority, and finds it gone where the list's names are spliced.
 */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { squidSplice } from '../../exporters/squid-splice.ts'
import { findService } from '../../src/endpoints/index.ts'
import { makeAuthority } from '../support/certificates.ts'
import { exportInput, renderText } from '../support/export-input.ts'
import { NAME_OPTIONS, preflightWorld, type PreflightWorld } from '../support/preflight-world.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import {
  CERTIFICATE_GENERATOR,
  SQUID_ADDRESS,
  SQUID_OPENSSL,
  squidOpenssl,
  type SquidFolder,
} from '../support/squid.ts'

const ALL = 'http_access allow all\n'
const BUMP = 'ssl_bump bump all\n'

function splice(): string {
  const rules = findService('app-proxy', 'Public').endpoints
  const options = { clients: `${SQUID_ADDRESS}/32` }
  return renderText(squidSplice, exportInput({ name: 'app-proxy', rules, options }))
}

/** Squid's own authority, the one it believes, and the store of certificates it makes. */
function prepare({ path, file }: SquidFolder, hostsAuthority: string): void {
  const own = makeAuthority('Corp Inspection CA')
  file('proxy.pem', own.key + own.cert)
  file('hosts-ca.pem', hostsAuthority)
  execFileSync(CERTIFICATE_GENERATOR, ['-c', '-s', `${path}/certificates`, '-M', '1MB'])
  execFileSync('chown', ['-R', 'proxy:proxy', `${path}/certificates`])
}

describeWith(
  [squidOpenssl, program('openssl'), program('ip'), networkNamespaces],
  'preflight through a Squid that inspects TLS',
  () => {
    let world: PreflightWorld
    beforeAll(async () => {
      world = await preflightWorld({
        program: SQUID_OPENSSL,
        prepare,
        portOptions: (folder) =>
          `ssl-bump tls-cert=${folder}/proxy.pem generate-host-certificates=on dynamic_cert_mem_cache_size=1MB`,
        lines: (folder) => [
          `sslcrtd_program ${CERTIFICATE_GENERATOR} -s ${folder}/certificates -M 1MB`,
          'sslcrtd_children 1 startup=1',
          `tls_outgoing_options cafile=${folder}/hosts-ca.pem`,
        ],
      })
    })
    afterAll(() => world.close())

    it('finds every tunnel inspected, and by whom', async () => {
      await world.load({ afterPortDenies: [BUMP, ALL] })
      const { code, rows } = await world.preflight([])
      expect(code).toBe(4)
      const tunnels = rows.filter(({ method, status }) => method === 'CONNECT' && status === 200)
      expect(tunnels.length).toBeGreaterThan(5)
      for (const row of tunnels) {
        expect(row).toMatchObject({ verdict: 'inspected', issuer: 'CN=Corp Inspection CA' })
      }
    })

    it("is well where the list's names are spliced", async () => {
      await world.load({ afterPortDenies: [splice(), BUMP, ALL] })
      const { code, rows } = await world.preflight(NAME_OPTIONS)
      expect(rows.filter(({ verdict }) => !/^(ok|not-testable)$/.test(verdict))).toEqual([])
      expect(code).toBe(0)
    })
  },
)
