/** The port plan of a connector's host, read by PowerShell's grammar. */
import { describe, expect, it } from 'vitest'
import { connectorCapture } from '../../exporters/connector-capture.ts'
import { connectorConfigBypass } from '../../exporters/connector-config-bypass.ts'
import { connectorConfigProxy } from '../../exporters/connector-config-proxy.ts'
import { connectorPortsWindows } from '../../exporters/connector-ports-windows.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, optionsOf, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { functionOf, literalArray, readScript, type Script } from '../support/powershell.ts'

formatLaws({
  exporter: connectorPortsWindows,
  read: (file) => {
    const script = readScript(textOf(file))
    expect(portsOf(script, 'DirectPort')).toEqual(['5671', '9350', '9352'])
    return {}
  },
  words: 'none',
})

function portsOf(script: Script, setting: string): string[] {
  return literalArray(script.settings.get(setting) ?? '')
}

describe('the ports a connector is let out to', () => {
  function allowed(input: ExportInput): string[] {
    return portsOf(readScript(renderText(connectorPortsWindows, input)), 'ConnectorPort')
  }

  it('are 80 and 443, whatever the list has', () => {
    expect(allowed(SHAPES.empty)).toEqual(['80', '443'])
    const { endpoints } = findService('app-proxy', 'Public')
    expect(allowed(exportInput({ rules: endpoints }))).toEqual(['80', '443'])
  })

  it('are more for connectors that need more', () => {
    const { endpoints } = findService('app-proxy-legacy', 'Public')
    const ports = allowed(exportInput({ rules: endpoints }))
    expect(ports).toEqual(['80', '443', '8080', '9090-9091', '10100-10120'])
  })
})

it('blocks for the whole host: the block rule names no program and no service', () => {
  const text = renderText(connectorPortsWindows, SHAPES.mixed)
  const [, block] = /function Add-BlockRule \{\n([^]*?)\n\}\n/.exec(text) ?? []
  expect(block).toContain("Action     = 'Block'")
  expect(block).not.toMatch(/Program|Service\s*=|RemoteAddress/)
})

describe('-ProxyPort', () => {
  const text = renderText(connectorPortsWindows, SHAPES.mixed)

  it('is text until it is checked: [int] reads "443,80" as 44380', () => {
    expect(text).toContain('[string[]] $ProxyPort = @()')
    expect(text).not.toContain('[int[]]')
    expect(readScript(text).settings.get('ProxyPort')).toBe('@(Get-ProxyPort)')
  })

  it.each([
    ['443,80', ['443', '80']],
    ['8080', ['8080']],
    ['65536', []],
    ['0', []],
    ['080', []],
    ['-1', []],
    ['1e3', []],
    ['443, 80', ['443']],
    ['', []],
  ])('%j has the ports %j', (given, ports) => {
    const read = functionOf(text, 'Get-ProxyPort')
    const [, pattern = ''] = /-notmatch '([^']+)\\z'/.exec(read) ?? []
    expect(read).toContain("$_ -split ','")
    expect(read).toContain('[int] $port -gt 65535')
    const taken = given
      .split(',')
      .filter((port) => new RegExp(`${pattern}$`).test(port) && Number(port) <= 65_535)
    expect(taken).toEqual(ports)
  })
})

it('takes no number that a person gives through [int], which drops commas', () => {
  for (const exporter of [connectorConfigBypass, connectorConfigProxy, connectorCapture]) {
    const options = optionsOf(exporter)
    const [, block = '?'] =
      /\nparam\(\n([^]*?)\n\)\n/.exec(renderText(exporter, exportInput({ options }))) ?? []
    expect(block).toContain('[string')
    expect(block).not.toMatch(/\[(int|long|double)/)
  }
})
