/** The script that gives the connector its proxy, read by PowerShell's grammar. */
import { describe, expect, it } from 'vitest'
import { connectorConfigProxy } from '../../exporters/connector-config-proxy.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { parseConnectorProxy } from '../../src/core/connector-proxy.ts'
import { exportInput, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { functionOf, literal, readScript, type Script } from '../support/powershell.ts'

const PARAMETERS = ['Proxy', 'KeepWinHttpProxy', 'ConfigPath', 'NoRestart', 'Undo']

function withProxy(connectorProxy: string): string {
  return renderText(connectorConfigProxy, exportInput({ options: { connectorProxy } }))
}

function proxyOf(script: Script): string {
  return literal(script.parameters.get('Proxy') ?? '')
}

formatLaws({
  exporter: connectorConfigProxy,
  read: (file) => {
    const script = readScript(textOf(file))
    expect([...script.parameters.keys()]).toEqual(PARAMETERS)
    expect(proxyOf(script)).toBe('http://proxy.example:3128')
    return {}
  },
  words: 'none',
})

describe("the operator's proxy", () => {
  it.each([
    ['http://proxy.example:8080', 'http://proxy.example:8080'],
    ['http://PROXY.Example:8080/', 'http://proxy.example:8080'],
    ['http://10.0.0.5:3128', 'http://10.0.0.5:3128'],
    ['http://[2001:db8::5]:3128', 'http://[2001:db8::5]:3128'],
  ])('%s is the default of -Proxy', (given, written) => {
    expect(proxyOf(readScript(withProxy(given)))).toBe(written)
  })

  it.each([
    'proxy.example:8080',
    'https://proxy.example:8080',
    'http://proxy.example',
    'http://user:secret@proxy.example:8080',
    "http://proxy.example:8080'; evil; '",
    'http://proxy.example:8080\u2019; evil',
    'http://$(evil):8080',
    ...HOSTILE.map((text) => `http://${text}:8080`),
  ])('%j gets into no script', (given) => {
    expect(() => withProxy(given)).toThrow(ExportRefused)
  })
})

describe('the -Proxy that a person types', () => {
  const text = renderText(connectorConfigProxy, {
    ...SHAPES.empty,
    options: { connectorProxy: 'http://proxy.example:3128' },
  })
  const written = readScript(text).settings.get('ProxyPattern') ?? ''
  const parts = [...written.matchAll(/^ +('.*')$/gm)].map(([, part = '']) => literal(part))
  // In JavaScript the end is "$"; in .NET that is also before a last line feed.
  const pattern = new RegExp(parts.join('').replace(/\\z$/, '$'))

  it('is refused by name if it does not begin with http://', () => {
    expect(text).toContain("if ($Value -cnotlike 'http://*') {")
    expect(text).toContain('The proxy must begin with http://, written http://HOST:PORT')
  })

  it.each([
    'http://proxy.example:8080',
    'http://10.0.0.5:3128/',
    'http://[2001:db8::5]:3128',
    'http://Proxy.Example:8080/',
    'http://10.1.2.3:3128',
    'http://[FD00::7]:3128',
    'http://proxy:1',
    'http://proxy:65535',
    'http://a:80',
    'http://3proxy-1.example:80',
    'http://255.255.255.255:80',
    'http://[::1]:80',
    'http://[::]:80',
    'http://[1::]:80',
    'http://[1:2:3:4:5:6:7:8]:80',
    'http://[1:2:3:4:5:6:7::]:80',
    'http://[::2:3:4:5:6:7:8]:80',
    'http://[1:2:3::5:6:7:8]:80',
    `http://${'a'.repeat(253)}:80`,
  ])('%s is taken, as by the setting', (given) => {
    expect(parseConnectorProxy(given).ok).toBe(true)
    const [, host = '', port = ''] = pattern.exec(given) ?? []
    expect(`http://${host.toLowerCase()}:${port}`).toBe(given.toLowerCase().replace(/\/$/, ''))
  })

  it.each([
    'proxy.example:8080',
    'https://proxy.example:8080',
    'HTTP://proxy.example:8080',
    'http://proxy.example',
    'http://proxy.example:0',
    'http://proxy.example:65536',
    'http://proxy.example:70000',
    'http://proxy.example:100000',
    'http://proxy.example:080',
    'http://user:password@proxy.example:8080',
    'http://user@proxy.example:8080',
    'http://proxy.example:8080/path',
    'http://proxy.example:8080?x',
    'http:// proxy.example:8080',
    'http://proxy.example:8080\n',
    "http://pro'xy:8080",
    'http://$(evil):8080',
    'http://',
    '',
    'http://:8080',
    'http://..:8080',
    'http://-:80',
    'http://-a:80',
    'http://a-:80',
    'http://10:80',
    'http://127.0.0.256:80',
    'http://999.1.1.1:80',
    'http://10.0.0.05:80',
    'http://10.0.0.1.:80',
    'http://[10.0.0.1]:80',
    'http://[fd00::g]:80',
    'http://[:::]:80',
    'http://[]:80',
    'http://[:]:80',
    'http://[1::2::3]:80',
    'http://[1:2:3:4:5:6:7]:80',
    'http://[1:2:3:4:5:6:7:8:9]:80',
    'http://[1:2:3:4::5:6:7:8]:80',
    'http://[::1:2:3:4:5:6:7:8]:80',
    'http://[12345::1]:80',
    'http://[fe80::1%eth0]:80',
    'http://[::ffff:10.0.0.1]:80',
    'http://[::ffff:a00:1]:80',
    'http://[0:0:0:0:0:FFFF::]:80',
    `http://${'a'.repeat(254)}:80`,
    ...HOSTILE.map((text) => `http://${text}:8080`).filter((text) => !text.includes('yyy')),
  ])('%j is refused, as by the setting', (given) => {
    expect(parseConnectorProxy(given).ok).toBe(false)
    expect(pattern.test(given)).toBe(false)
  })
})

it('sets what the article sets, and WinHTTP beside it', () => {
  const text = withProxy('http://proxy.example:8080')
  expect(text.match(/\.SetAttribute\([^)]*\)/g)).toEqual([
    ".SetAttribute('proxyaddress', $Proxy)",
    ".SetAttribute('bypassonlocal', 'True')",
    ".SetAttribute('usesystemdefault', 'True')",
  ])
  expect(text).toContain("('proxy-server={0}' -f $endpoint), 'bypass-list=<local>'")
})

it('sets WinHTTP whatever netsh shows of it, which takes another proxy for the right one', () => {
  const set = functionOf(withProxy('http://proxy.example:8080'), 'Set-WinHttpProxy')
  expect(set).toContain('if ($KeepWinHttpProxy) { return $false }')
  const [edited, checked] = [set.indexOf('Edit-WinHttpSetting'), set.indexOf('Test-WinHttpProxy')]
  expect(edited).toBeGreaterThan(0)
  expect(checked).toBeGreaterThan(edited)
})

it('checks the proxy before anything is read or changed', () => {
  const text = withProxy('http://proxy.example:8080')
  const checked = text.indexOf('$Proxy = Assert-Proxy -Value $Proxy')
  expect(checked).toBeGreaterThan(0)
  expect(text.indexOf('$files = @(Get-ConfigFile)')).toBeGreaterThan(checked)
})
