/**
 * What real clients make of our PAC files: pacparser (an old engine, ES5 at most) and Chromium.
 * Chromium's answers are seen by two proxies on loopback, one for each answer of the file, and its
 * DNS knows only what the test gives it; pactester runs without a network.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { pac } from '../../exporters/pac.ts'
import { exportInput, prefixes, rule } from '../support/export-input.ts'
import { recordingProxy, servePac, type RecordingProxy } from '../support/pac-proxies.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'

const CHROMIUM = '/usr/bin/chromium'

const HELD = prefixes('20.0.0.0/24', '20.0.1.0/25', '40.126.0.0/18', '2603:1030::/47')

const MIXED: Partial<ExportInput> = {
  rules: [
    rule('*.msappproxy.net', 443),
    rule('*.servicebus.windows.net', 443),
    rule('login.windows.net', 443),
    rule('crl3.digicert.com', 80),
  ],
  prefixes: HELD,
}

/** (url, is it on the list) for a list of names and addresses. */
const MIXED_TABLE: readonly (readonly [string, boolean])[] = [
  ['https://tenant.msappproxy.net/', true],
  ['https://a.b.msappproxy.net/', true],
  ['http://TENANT.MsAppProxy.NET/', true],
  ['http://upper.tenant.msappproxy.net./', true],
  ['https://login.windows.net/common', true],
  ['http://crl3.digicert.com/x.crl', true],
  ['https://ns.servicebus.windows.net/', true],
  ['http://20.0.0.0/', true],
  ['https://20.0.1.127/', true],
  ['http://40.126.63.255/', true],
  ['http://[2603:1030::1]/', true],
  ['https://[2603:1030:1:ffff:ffff:ffff:ffff:ffff]/', true],
  ['http://msappproxy.net/', false],
  ['http://evilmsappproxy.net/', false],
  ['https://a.msappproxy.net.evil.xyz/', false],
  ['http://a.login.windows.net/', false],
  ['http://windows.net/', false],
  ['http://www.example.org/', false],
  ['http://resolves-inside.example/', false],
  ['http://20.0.1.128/', false],
  ['http://19.255.255.255/', false],
  ['https://40.126.64.0/', false],
  ['http://[2603:1030:2::]/', false],
  ['http://[2603:102f:ffff::1]/', false],
]

/** Names that the clients' own resolvers know here, for a list of addresses alone. */
const RESOLVER: Readonly<Record<string, string>> = {
  'resolves-inside.example': '20.0.0.9',
  'resolves-outside.example': '198.51.100.9',
}

const ADDRESS_TABLE: readonly (readonly [string, boolean])[] = [
  ['http://resolves-inside.example/', true],
  ['http://resolves-outside.example/', false],
  ['http://does-not-resolve.example/', false],
  ['http://20.0.0.77/', true],
  ['http://20.0.2.1/', false],
  ['https://[2603:1030::77]/', true],
]

describeWith([program('pactester'), networkNamespaces], 'pactester', () => {
  let folder = ''
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rangewarden-pac-'))))
  afterAll(() => rmSync(folder, { recursive: true }))

  function answers(given: Partial<ExportInput>, urls: readonly string[]): Map<string, string> {
    writeFileSync(join(folder, 'x.pac'), renderExport(pac, exportInput(given)))
    writeFileSync(join(folder, 'hosts'), hostsFile())
    // Own namespaces: no route for its lookups, and a hosts file with the names of this test.
    const script = 'mount --bind "$0/hosts" /etc/hosts && exec "$@"'
    const found = urls.map((url) => {
      const tester = ['pactester', '-p', join(folder, 'x.pac'), '-u', url, '-h', hostOf(url)]
      const command = ['-n', '-m', 'sh', '-c', script, folder, ...tester]
      return [url, execFileSync('unshare', command, { encoding: 'utf8' }).trim()] as const
    })
    return new Map(found)
  }

  it.each([
    ['names and addresses', MIXED, MIXED_TABLE],
    ['addresses alone, looked up', { prefixes: HELD }, ADDRESS_TABLE],
  ] as const)('answers as the list says: %s', (_, given, table) => {
    const expected = table.map(([url, on]) => [url, on ? 'PROXY proxy.example:3128' : 'DIRECT'])
    const urls = table.map(([url]) => url)
    expect([...answers(given, urls)]).toEqual(expected)
  })
})

describeWith([program('chromium', ['/usr/bin'])], 'Chromium', () => {
  let listed: RecordingProxy
  let others: RecordingProxy
  let server: { url: string; close(): Promise<void> }
  let served = ''

  beforeAll(async () => {
    ;[listed, others] = await Promise.all([recordingProxy(), recordingProxy()])
    server = await servePac(() => served)
  })
  afterAll(async () => {
    await Promise.all([listed.close(), others.close(), server.close()])
  })

  it.each([
    ['names and addresses', MIXED, MIXED_TABLE],
    ['addresses alone, looked up', { prefixes: HELD }, ADDRESS_TABLE],
  ] as const)('asks the proxy that the list says: %s', async (_, given, table) => {
    const options = { proxy: listed.answer, fallback: others.answer }
    served = renderExport(pac, exportInput({ ...given, options }))
    const browser = await launch(server.url)
    try {
      for (const [url] of table) await visit(browser, url)
    } finally {
      await browser.close()
    }
    const seen = table.map(([url]) => {
      const host = new URL(url).host
      return [url, listed.asked.has(host), others.asked.has(host)]
    })
    expect(seen).toEqual(table.map(([url, on]) => [url, on, !on]))
    for (const proxy of [listed, others]) proxy.forget()
  })
})

function launch(pacUrl: string): Promise<Browser> {
  const known = Object.entries(RESOLVER).map(([name, address]) => `MAP ${name} ${address}`)
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
      `--host-resolver-rules=${[...known, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`,
      `--proxy-pac-url=${pacUrl}`,
    ],
  })
}

/** Plain HTTP gets an answer from the proxy; a tunnel is refused by it, and that is all we ask. */
async function visit(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage()
  const visited = page.goto(url, { timeout: 10_000, waitUntil: 'commit' })
  if (url.startsWith('https:'))
    await expect(visited).rejects.toThrow('ERR_TUNNEL_CONNECTION_FAILED')
  else expect((await visited)?.status()).toBe(200)
  await page.close()
}

/** The host as clients give it to the script: an IPv6 literal without its brackets. */
function hostOf(url: string): string {
  return url
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .replaceAll(/[[\]]/g, '')
}

function hostsFile(): string {
  return Object.entries(RESOLVER)
    .map(([name, address]) => `${address} ${name}\n`)
    .join('')
}
