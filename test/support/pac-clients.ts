/**
 * What real clients make of our PAC texts: pacparser (an old engine, ES5 at most), Chromium, and
 * QuickJS as Node's proxy agents use it. Chromium's answers are seen by two proxies on loopback, one
 * for each answer; no client has a resolver but the names given here.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPacResolver } from 'pac-resolver'
import { chromium, type Browser } from 'playwright-core'
import { QuickJS } from 'quickjs-wasi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { prefixes, rule } from './export-input.ts'
import { recordingProxy, servePac, type RecordingProxy } from './pac-proxies.ts'
import { describeWith, networkNamespaces, program } from './requirements.ts'

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

/** A URL, and whether the list has its host. */
type Table = readonly (readonly [string, boolean])[]

const MIXED_TABLE: Table = [
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

const ADDRESS_TABLE: Table = [
  ['http://resolves-inside.example/', true],
  ['http://resolves-outside.example/', false],
  ['http://does-not-resolve.example/', false],
  ['http://20.0.0.77/', true],
  ['http://20.0.2.1/', false],
  ['https://[2603:1030::77]/', true],
]

const CASES: readonly (readonly [string, Partial<ExportInput>, Table])[] = [
  ['names and addresses', MIXED, MIXED_TABLE],
  ['addresses alone, looked up', { prefixes: HELD }, ADDRESS_TABLE],
]

/** The answers of a text under test: for hosts on the list, and for all others. */
export interface Answers {
  readonly listed: string
  readonly other: string
}

const ANSWERS: Answers = { listed: 'PROXY proxy.example:3128', other: 'DIRECT' }

/** Asks every client whether a whole PAC text, made of a list, answers as the list says. */
export function pacClients(textOf: (list: Partial<ExportInput>, answers: Answers) => string): void {
  const expected = (table: Table): [string, string][] =>
    table.map(([url, on]) => [url, on ? ANSWERS.listed : ANSWERS.other])

  describeWith([program('pactester'), networkNamespaces], 'pactester', () => {
    it.each(CASES)('answers as the list says: %s', (_, list, table) => {
      const urls = table.map(([url]) => url)
      expect(pactester(textOf(list, ANSWERS), urls)).toEqual(expected(table))
    })
  })

  describe('QuickJS', () => {
    it.each(CASES)('answers as the list says: %s', async (_, list, table) => {
      const urls = table.map(([url]) => url)
      expect(await quickJs(textOf(list, ANSWERS), urls)).toEqual(expected(table))
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

    it.each(CASES)('asks the proxy that the list says: %s', async (_, list, table) => {
      served = textOf(list, { listed: listed.answer, other: others.answer })
      await browse(server.url, table)
      const seen = table.map(([url]) => {
        const host = new URL(url).host
        return [url, listed.asked.has(host), others.asked.has(host)]
      })
      expect(seen).toEqual(table.map(([url, on]) => [url, on, !on]))
      for (const proxy of [listed, others]) proxy.forget()
    })
  })
}

/** Own namespaces: no route for its lookups, and a hosts file with the names of this test. */
function pactester(text: string, urls: readonly string[]): [string, string][] {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-pac-'))
  try {
    const hosts = Object.entries(RESOLVER).map(([name, address]) => `${address} ${name}\n`)
    writeFileSync(join(folder, 'x.pac'), text)
    writeFileSync(join(folder, 'hosts'), hosts.join(''))
    const script = 'mount --bind "$0/hosts" /etc/hosts && exec "$@"'
    return urls.map((url) => {
      const tester = ['pactester', '-p', join(folder, 'x.pac'), '-u', url, '-h', hostOf(url)]
      const command = ['-n', '-m', 'sh', '-c', script, folder, ...tester]
      return [url, execFileSync('unshare', command, { encoding: 'utf8' }).trim()]
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As proxy agents of Node ask: the host of an IPv6 literal keeps its brackets. */
async function quickJs(text: string, urls: readonly string[]): Promise<[string, string][]> {
  const dnsResolve = (host: string): Promise<string | null> =>
    Promise.resolve(RESOLVER[host] ?? null)
  const find = createPacResolver(await QuickJS.create(), text, {
    sandbox: { dnsResolve: Object.assign(dnsResolve, { async: true }) },
  })
  const answers: [string, string][] = []
  for (const url of urls) answers.push([url, await find(url)])
  return answers
}

async function browse(pacUrl: string, table: Table): Promise<void> {
  const browser = await launch(pacUrl)
  try {
    for (const [url] of table) await visit(browser, url)
  } finally {
    await browser.close()
  }
}

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
