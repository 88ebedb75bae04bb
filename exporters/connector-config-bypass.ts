/**
 * The connector's .exe.config files told to use no proxy, by a PowerShell script that can undo it.
 */
import type { Exporter } from './contract.ts'
import { CONFIG_FUNCTIONS, CONFIG_MAIN, CONFIG_SETTINGS } from './parts/connector-config.ts'
import { scriptStart, STRICT } from './parts/powershell.ts'

export const connectorConfigBypass: Exporter = {
  name: 'connector-config-bypass',
  summary:
    "a PowerShell script: the connector's .exe.config files go past every proxy; can be undone",
  group: 'connector',
  consumer: "Windows PowerShell 5.1 or PowerShell 7 on a connector's host",
  proof: {
    by: 'grammar',
    with: 'tree-sitter-powershell 0.26.4 and the article of 2026-03-25; no PowerShell has run it',
  },
  guide: `\
Run it in an elevated 64-bit PowerShell on the connector's host; \`-WhatIf\` says what it would do. It finds the
configuration of connector and updater under the product's new name (\`Microsoft Entra private network connector\`) and
its old ones, or takes the paths given by \`-ConfigPath\`; keeps a copy of each file
(\`NAME.YYYYMMDDTHHMMSS.rangewarden.bak\`, never over an earlier one); sets \`<defaultProxy enabled="false">\` and leaves
all else as it is, encoding included; reads the files again; restarts \`WAPCSvc\` and \`WAPCUpdaterSvc\` if anything
changed (\`-NoRestart\` leaves that to you). A file that says so already is not touched. A failure, also of a service to
start, takes the whole run back, and the services are restarted with what was there before.

Certificate checks do not read these files: they use the WinHTTP proxy of the host. The script shows it and does not
change it, because Windows Update and others of the host may need it; \`-ResetWinHttpProxy\` sets it to direct too.

**Replaces** the proxy setting of the files. \`-Undo\` takes back the latest run, files and WinHTTP proxy, and again the
one before it. Unverified: that WinHTTP takes up a setting restored in the registry without a restart of its users
other than the connector's services, which the script restarts.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'ps1',
  families: [4, 6],
  carries: [],
  anyDestination: true,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'render',

  render: (input) => [
    scriptStart(input, { says: 'name', admin: true, help: HELP }),
    PARAMETERS + STRICT,
    CONFIG_SETTINGS + CHANGE,
    CONFIG_FUNCTIONS + FUNCTIONS,
    CONFIG_MAIN,
  ],
}

const HELP = `\
.SYNOPSIS
Tells the connector and its updater to use no proxy; can be undone.

.DESCRIPTION
Sets <defaultProxy enabled="false"> in the .exe.config files of the connector and its updater, keeps
a copy of each file, and restarts both services. This list is not read for it: the setting is about
the connector, not about addresses.

.PARAMETER ResetWinHttpProxy
Also sets the WinHTTP proxy of this host to direct. Certificate checks use it, and so do others.

.PARAMETER ConfigPath
The files, where they are in no folder of the product.

.PARAMETER NoRestart
Leaves the services running with the old setting.

.PARAMETER Undo
Takes back the latest run: the files and the WinHTTP proxy.

.EXAMPLE
powershell -NoProfile -File .\\connector-config.ps1 -WhatIf
`

const PARAMETERS = `
[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $ResetWinHttpProxy,

    [string[]] $ConfigPath = @(),

    [switch] $NoRestart,

    [switch] $Undo
)

`

const CHANGE = `
$Change = 'Use no proxy'
`

const FUNCTIONS = String.raw`
function Test-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-Child -Parent $Root -Name 'system.net'
    if ($null -eq $net) { return $false }
    $default = Get-Child -Parent $net -Name 'defaultProxy'
    if ($null -eq $default) { return $false }
    $default.GetAttribute('enabled') -eq 'false'
}

# What else the element says has no effect then, and is left for the day it is enabled again.
function Set-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-OrAddChild -Parent $Root -Name 'system.net'
    $default = Get-OrAddChild -Parent $net -Name 'defaultProxy'
    $default.SetAttribute('enabled', 'false')
}

function Set-WinHttpProxy {
    if (-not $ResetWinHttpProxy) {
        Write-Warning 'The WinHTTP proxy below stays as it is: certificate checks go through it.'
        return $false
    }
    Edit-WinHttpSetting -Argument @('reset', 'proxy')
}
`
