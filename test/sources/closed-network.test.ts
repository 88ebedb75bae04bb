/** Microsoft's own names over https, in a network namespace where only a proxy can be reached. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'

const NAMES = ['www.microsoft.com', 'download.microsoft.com']

describeWith(
  [networkNamespaces, program('openssl'), program('ip')],
  'the microsoft source in a closed network',
  () => {
    it('reaches both hosts through HTTPS_PROXY, trusting the CA of NODE_EXTRA_CA_CERTS', () => {
      const outcome = run({ trusted: true, settings: ['HTTPS_PROXY=PROXY'] })
      expect(outcome).toMatchObject({
        kind: 'document',
        origin: {
          url: 'https://download.microsoft.com/download/7/1/D/71D86715-5596-4529-9B13-DA13A5DE5B63/ServiceTags_Public_20251028.json',
        },
        tunnels: ['CONNECT www.microsoft.com:443', 'CONNECT download.microsoft.com:443'],
      })
    })

    it('says what to do when the proxy inspects TLS with a CA it does not know', () => {
      const outcome = run({ trusted: false, settings: ['HTTPS_PROXY=PROXY'] })
      expect(outcome).toMatchObject({
        kind: 'unavailable',
        url: 'https://www.microsoft.com/en-us/download/details.aspx?id=56519',
        reason: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
      })
    })

    it('goes straight, and says that it cannot, when NO_PROXY names the hosts', () => {
      const settings = ['HTTPS_PROXY=PROXY', 'NO_PROXY=.microsoft.com']
      expect(run({ trusted: true, settings })).toMatchObject({
        kind: 'unavailable',
        url: 'https://www.microsoft.com/en-us/download/details.aspx?id=56519',
        reason: expect.stringMatching(/details\.aspx\?id=56519: E/) as string,
        tunnels: [],
      })
    })
  },
)

interface Run {
  readonly trusted: boolean
  readonly settings: readonly string[]
}

function run({ trusted, settings }: Run): unknown {
  const folder = temporaryFolder()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = NAMES.map((name) => `DNS:${name}`).join(',')
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=test', '-newkey', 'ec']
  const curve = ['-pkeyopt', 'ec_paramgen_curve:prime256v1', '-addext', `subjectAltName=${names}`]
  const options = { stdio: 'ignore' } as const
  execFileSync('openssl', [...request, ...curve, '-keyout', key, '-out', cert], options)

  const script = resolve('test/support/closed-network.ts')
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['-n', process.execPath, script, key, cert, ...settings],
    {
      encoding: 'utf8',
      timeout: 50_000,
      env: {
        PATH: process.env['PATH'] ?? '',
        ...(trusted ? { NODE_EXTRA_CA_CERTS: cert } : {}),
      },
    },
  )
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}
