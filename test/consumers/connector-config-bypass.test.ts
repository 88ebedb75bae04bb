/** The script that takes the connector past every proxy, read by PowerShell's grammar. */
import { describe, expect, it } from 'vitest'
import { connectorConfigBypass } from '../../exporters/connector-config-bypass.ts'
import { renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { functionOf, literal, literalArray, readScript } from '../support/powershell.ts'

const PARAMETERS = ['ResetWinHttpProxy', 'ConfigPath', 'NoRestart', 'Undo']

formatLaws({
  exporter: connectorConfigBypass,
  read: (file) => {
    const script = readScript(textOf(file))
    expect([...script.parameters.keys()]).toEqual(PARAMETERS)
    expect(script.comments.join(' ')).toContain('Rangewarden, made for the list ')
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

describe('a run', () => {
  const text = renderText(connectorConfigBypass, SHAPES.empty)
  const [main, ...others] = readScript(text).tries

  it('restarts the services only for a change, and takes it back if one does not start', () => {
    expect(others).toEqual([])
    expect(main?.body).toMatch(
      /if \(\$changed\.Count -gt 0 -or \$winHttpChanged\) \{\s+\$restarting = \$true\s+Restart-Connector\s+\}/,
    )
    expect(main?.caught).toContain('Restore-FailedRun -Path $files -Restart $restarting')
    expect(main?.caught).toMatch(/throw \$failure\s+\}$/)
    expect(text.slice(text.indexOf(main?.caught ?? '?'))).not.toContain('Restart-Connector')
  })

  it('restores before it restarts again, and neither hides the failure', () => {
    const steps = functionOf(text, 'Restore-FailedRun').match(
      /Restore-Run|Restart-Connector|catch|Write-Warning/g,
    )
    const told = ['catch', 'Write-Warning']
    expect(steps).toEqual(['Restore-Run', ...told, 'Restart-Connector', ...told])
  })

  it('tries every service before it fails', () => {
    const restart = functionOf(text, 'Restart-Connector')
    expect(restart).toMatch(/catch \{[^}]*\$problems \+= /)
    expect(restart).toContain("if ($problems.Count -gt 0) { throw ($problems -join '; ') }")
  })

  it('stops at a given file that is missing', () => {
    const given = functionOf(text, 'Get-GivenFile')
    expect(given).toContain("throw ('-ConfigPath: no such file: {0}' -f $path)")
    expect(functionOf(text, 'Get-ConfigFile')).toContain(
      'if ($ConfigPath.Count -gt 0) { @(Get-GivenFile) }',
    )
  })

  it.each([
    [String.raw`C:\a.config,D:\b.config`, [String.raw`C:\a.config`, String.raw`D:\b.config`]],
    [String.raw`C:\a,b.config`, [String.raw`C:\a,b.config`]],
    [String.raw`C:\a,\\x\b`, [String.raw`C:\a`, String.raw`\\x\b`]],
  ])('takes -ConfigPath %s from powershell -File apart', (given, paths) => {
    const [, pattern = '?'] = /-split '([^']+)'/.exec(functionOf(text, 'Get-GivenFile')) ?? []
    expect(given.split(new RegExp(pattern))).toEqual(paths)
  })

  it('keeps a copy of the WinHTTP setting only if that changed', () => {
    const edit = functionOf(text, 'Edit-WinHttpSetting').match(
      /Backup-WinHttpSetting|Invoke-Netsh|-ne \$before\) \{ return \$true \}|Remove-ItemProperty/g,
    )
    expect(edit).toEqual([
      'Backup-WinHttpSetting',
      'Invoke-Netsh',
      '-ne $before) { return $true }',
      'Remove-ItemProperty',
    ])
  })
})
