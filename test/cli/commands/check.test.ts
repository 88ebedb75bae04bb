/** `check` on a real embedded database and on a running service. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriftView } from '../../../src/views/drift.ts'
import { callCli, type Answered, type Settings } from '../../support/command-line.ts'
import { smallDocument, tagValue } from '../../support/feed.ts'
import { startService, type RunningService } from '../../support/service.ts'

/** Of app-proxy-ip; 20.9.0.0/24 was there before and leaves. */
const WEEKS = [
  { date: '20251020', cloud: ['20.0.0.0/23', '20.9.0.0/24'] },
  { date: '20251027', cloud: ['20.0.0.0/23', '20.2.0.0/24'] },
]

let home: string
const path = (name: string): string => join(home, name)

function onData(args: readonly string[]): Promise<Answered> {
  return callCli(['--data-dir', path('data'), ...args])
}

function device(name: string, lines: readonly string[]): string {
  writeFileSync(path(name), lines.map((line) => `${line}\n`).join(''))
  return path(name)
}

/** The command as people run it, with something to read. */
async function piped(
  args: readonly string[],
  input: string,
): Promise<{ code: unknown; out: string }> {
  const launcher = fileURLToPath(new URL('../../../bin/rangewarden.js', import.meta.url))
  const child = spawn(process.execPath, [launcher, '--data-dir', path('data'), ...args])
  child.stdin.end(input)
  child.stderr.resume()
  const ended = new Promise<unknown>((resolve) => child.once('close', resolve))
  return { out: await text(child.stdout), code: await ended }
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-check-'))
  for (const { date, cloud } of WEEKS) {
    const others = Array.from({ length: 60 }, (_, i) => tagValue(`Service${i}`, ['20.0.1.0/28']))
    const values = [tagValue('AzureCloud', cloud), ...others]
    const file = path(`ServiceTags_Public_${date}.json`)
    writeFileSync(file, smallDocument({ values }))
    const imported = await onData(['import', file])
    expect(imported.code, imported.stderr).toBe(0)
  }
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('check', () => {
  it('of what was exported ends well and says so', async () => {
    const out = path('list.nft')
    const list = ['--allowlist', 'app-proxy-ip', '--out', out]
    expect(await onData(['export', 'nftables', ...list])).toMatchObject({ code: 0 })
    const { code, stdout } = await onData(['check', 'app-proxy-ip', out])
    expect(stdout).toMatch(
      /^app-proxy-ip, Public, serial \d+ \(public-20251027-[0-9a-f]{8}\); addresses compared\nin step\n$/,
    )
    expect(code).toBe(0)
  })

  it('tells what drifted, and ends with 4', async () => {
    const file = device('fw', ['20.0.0.0/24', '20.9.0.0/24', '203.0.113.7', 'mail.example'])
    const args = ['check', 'app-proxy-ip', file, '--device', 'fw-1', '--parts', 'addresses']
    const { code, stdout } = await onData(args)
    expect(code).toBe(4)
    expect(stdout.split('\n').slice(1)).toEqual([
      '         IPV4 ADDRESSES  IPV6 ADDRESSES  NETWORKS  NAMES',
      'missing             512               0         2      0',
      'extra                 1               0         1      0',
      '',
      'missing',
      '  20.0.1.0/24',
      '  20.2.0.0/24',
      '',
      'extra',
      '  203.0.113.7/32',
      '',
    ])
    expect(stdout).toMatch(/^fw-1: app-proxy-ip, /)
  })

  it('says what is about to leave is no drift', async () => {
    const { code, stdout } = await onData([
      'check',
      'app-proxy-ip',
      device('new', ['20.0.0.0/23', '20.2.0.0/24']),
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /\nin step\n[\s\S]*\nleaving +256 +0 +1 +0\n\nleaving\n {2}20\.9\.0\.0\/24\n$/,
    )
  })

  it('shows twenty networks of each kind, and all of them as JSON', async () => {
    const hosts = Array.from({ length: 30 }, (_, i) => `30.0.0.${2 * i}`)
    const file = device('many', [...hosts, ...hosts.map((_, i) => `h${i}.example`)])
    const shown = await onData(['check', 'app-proxy-ip', file])
    expect(shown.stdout).toContain('\n  30.0.0.38/32\n  and 10 more networks\n')
    expect(shown.stdout).toContain('\n  and 10 more names\n')
    expect(shown.stdout).not.toContain('30.0.0.40')
    const json = await onData(['--json', 'check', 'app-proxy-ip', file])
    expect(json.code).toBe(4)
    const { extra } = JSON.parse(json.stdout) as DriftView
    expect(extra.networks).toEqual(hosts.map((host) => `${host}/32`))
    expect(extra.names).toHaveLength(30)
  })

  it('reads stdin', async () => {
    const { code, out } = await piped(['--json', 'check', 'app-proxy-ip', '-'], '20.0.0.0/23\n')
    expect(code).toBe(4)
    expect((JSON.parse(out) as DriftView).missing.networks).toEqual(['20.2.0.0/24'])
  })

  it('refuses what it cannot read or find', async () => {
    const broken = await onData(['check', 'app-proxy-ip', device('bad', ['20.0.0.0/23', 'any'])])
    expect(broken.error?.message).toMatch(/line 2, "any": no network/)
    const missing = await onData(['check', 'app-proxy-ip', path('no-such-file')])
    expect(missing.error?.message).toMatch(/no-such-file cannot be read: ENOENT/)
    const nobodys = await onData(['check', 'nobodys', path('fw')])
    expect(nobodys.error?.message).toMatch(/no allowlist "nobodys"/)
    const endless = await onData(['check', 'app-proxy-ip', '/dev/zero'])
    expect(endless.error?.message).toMatch(/more than 1048576 bytes/)
    const named = await onData(['check', 'app-proxy-ip', path('fw'), '--device', 'a;b'])
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('up to 100') as string })
  })
})

describe('check of a running service', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService(path('data'), { RANGEWARDEN_SOURCE: `folder:${home}` })
  })
  afterAll(() => service.close())

  function remote(args: readonly string[], settings: Settings = {}): Promise<Answered> {
    return callCli(['--url', service.url, ...args], settings)
  }

  it('says the same', async () => {
    const file = device('remote', ['20.0.0.0/24', '203.0.113.7', 'login.windows.net'])
    const { code, stdout } = await remote(['--json', 'check', 'app-proxy-ip', file])
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ allowlist: 'app-proxy-ip', device: null, compared: ['addresses', 'names'] },
      missing: { networks: ['20.0.1.0/24', '20.2.0.0/24'] },
      extra: { networks: ['203.0.113.7/32'] },
    })
  })

  it('needs the token to report a device, and takes an empty file where that is meant', async () => {
    const file = device('empty', [])
    const args = ['check', 'app-proxy-ip', file, '--device', 'fw 1', '--parts', 'addresses']
    expect((await remote(args)).error?.code).toBe('unauthorized')
    const { code, stdout } = await remote(args, service.settings)
    expect(code).toBe(4)
    expect(stdout).toMatch(/^fw 1: app-proxy-ip, Public/)
    expect((await remote(['check', 'app-proxy-ip', file])).error?.message).toMatch(
      /no network and no name/,
    )
  })
})
