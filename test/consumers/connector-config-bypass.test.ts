/** The script that takes the connector past every proxy, read by PowerShell's grammar. */
import { describe, expect, it } from 'vitest'
import { connectorConfigBypass } from '../../exporters/connector-config-bypass.ts'
import { renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { literal, literalArray, readScript } from '../support/powershell.ts'

const PARAMETERS = ['ResetWinHttpProxy', 'ConfigPath', 'NoRestart', 'Undo']

formatLaws({
  exporter: connectorConfigBypass,
  read: (file) => {
    const script = readScript(textOf(file))
    expect([...script.parameters.keys()]).toEqual(PARAMETERS)
    expect(script.comments.join(' ')).toContain('Rangewarden allowlist ')
    return {}
  },
  words: 'none',
})

describe('what the script edits', () => {
  const text = renderText(connectorConfigBypass, SHAPES.empty)
  const script = readScript(text)

  it('is the configuration of connector and updater, under the new name and the old ones', () => {
    const files = (script.settings.get('KnownFile') ?? '').split('\n').slice(1, -1)
    expect(files.map((line) => literal(line).split('\\'))).toEqual([
      [
        'Microsoft Entra private network connector',
        'MicrosoftEntraPrivateNetworkConnectorService.exe.config',
      ],
      [
        'Microsoft Entra private network connector Updater',
        'MicrosoftEntraPrivateNetworkConnectorUpdaterService.exe.config',
      ],
      ['Microsoft AAD App Proxy Connector', 'ApplicationProxyConnectorService.exe.config'],
      [
        'Microsoft AAD App Proxy Connector Updater',
        'ApplicationProxyConnectorUpdaterService.exe.config',
      ],
      ['Microsoft Azure AD App Proxy Connector', 'ApplicationProxyConnectorService.exe.config'],
      [
        'Microsoft Azure AD App Proxy Connector Updater',
        'ApplicationProxyConnectorUpdaterService.exe.config',
      ],
    ])
    expect(literalArray(script.settings.get('ConnectorService') ?? '')).toEqual([
      'WAPCSvc',
      'WAPCUpdaterSvc',
    ])
  })

  it('is copied before it is changed, and never over an earlier copy', () => {
    const [refused, copied, written] = [
      text.indexOf("throw ('{0} is there already'"),
      text.indexOf('Copy-Item -LiteralPath $Path -Destination $backup'),
      text.indexOf('Save-Config -Path $Path'),
    ]
    expect(refused).toBeGreaterThan(0)
    expect(copied).toBeGreaterThan(refused)
    expect(written).toBeGreaterThan(copied)
  })

  it('gets the attribute of the article and nothing else', () => {
    const set = text.match(/\.SetAttribute\([^)]*\)/g)
    expect(set).toEqual([".SetAttribute('enabled', 'false')"])
    expect(text).not.toMatch(/\.(RemoveAttribute|RemoveChild|RemoveAll)\(/)
  })
})
