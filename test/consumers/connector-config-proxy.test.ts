/** The script that gives the connector its proxy, read by PowerShell's grammar. */
import { describe, expect, it } from 'vitest'
import { connectorConfigProxy } from '../../exporters/connector-config-proxy.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { parseConnectorProxy } from '../../src/core/connector-proxy.ts'
import { exportInput, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { literal, readScript, type Script } from '../support/powershell.ts'

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
  const [, pattern = ''] = /-notmatch '(\^http:[^']*)'/.exec(text) ?? []

  it('is refused by name if it does not begin with http://', () => {
    expect(text).toContain("if ($Value -notlike 'http://*') {")
    expect(text).toContain('The proxy must begin with http://, written http://HOST:PORT')
  })

  it.each([
    'http://proxy.example:8080',
    'http://10.0.0.5:3128/',
    'http://[2001:db8::5]:3128',
    'http://proxy.example',
    'http://user@proxy.example:8080',
    'http://proxy.example:8080/path',
    'http://proxy.example:0',
    'http://:8080',
  ])('%s is judged as the setting is', (given) => {
    expect(pattern).not.toBe('')
    expect(new RegExp(pattern, 'i').test(given)).toBe(parseConnectorProxy(given).ok)
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

it('checks the proxy before anything is read or changed', () => {
  const text = withProxy('http://proxy.example:8080')
  const checked = text.indexOf('$Proxy = Assert-Proxy -Value $Proxy')
  expect(checked).toBeGreaterThan(0)
  expect(text.indexOf('$files = @(Get-ConfigFile)')).toBeGreaterThan(checked)
})
