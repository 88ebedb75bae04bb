/**
 * The connector's .exe.config files told which proxy to use, by a PowerShell script that can undo
 * it. Certificate checks do not read them: the same script sets the WinHTTP proxy of the host.
 */
import type { Exporter, ExportInput } from './contract.ts'
import { CONFIG_FUNCTIONS, CONFIG_MAIN, CONFIG_SETTINGS } from './parts/connector-config.ts'
import { ASSERT_PROXY } from './parts/connector-proxy.ts'
import { connectorProxyOf, connectorProxyOption } from './parts/options.ts'
import { quoted, scriptStart, STRICT } from './parts/powershell.ts'

export const connectorConfigProxy: Exporter = {
  name: 'connector-config-proxy',
  summary:
    "a PowerShell script: the connector's .exe.config files and WinHTTP use one proxy; can be undone",
  group: 'connector',
  consumer: "Windows PowerShell 5.1 or PowerShell 7 on a connector's host",
  proof: {
    by: 'grammar',
    with: 'tree-sitter-powershell 0.26.4 and the article of 2026-03-25; no PowerShell has run it',
  },
  guide: `\
**Needs** \`RANGEWARDEN_CONNECTOR_PROXY\`, which becomes the default of \`-Proxy\`. The script refuses a value without
\`http://\`, as the connector does without saying so, and one with a user or a password: the connector answers no proxy
that asks for one.

Run it in an elevated 64-bit PowerShell on the connector's host; \`-WhatIf\` says what it would do. It finds the
configuration of connector and updater under the product's new name (\`Microsoft Entra private network connector\`) and
its old ones, or takes the paths given by \`-ConfigPath\`; keeps a copy of each file
(\`NAME.YYYYMMDDTHHMMSS.rangewarden.bak\`, never over an earlier one); sets \`proxyaddress\`, \`bypassonlocal\` and
\`usesystemdefault\` as the article does and leaves all else as it is, a bypass list and the encoding included; reads the
files again; restarts \`WAPCSvc\` and \`WAPCUpdaterSvc\` if anything changed (\`-NoRestart\` leaves that to you). A failure,
also of a service to start, takes the whole run back, and the services are restarted with what was there before.

Certificate checks do not read these files but the WinHTTP proxy of the host: with the files alone a connector registers
and its tunnel then dies with \`InvalidChain\` (microsoft/GlobalSecureAccess#24). So the script sets that too, with
\`<local>\` alone bypassed, whatever is there, keeps a copy if that changed it, and reads it back; \`-KeepWinHttpProxy\`
leaves it, for a host whose other programs need another.
A group policy or \`netsh winhttp set advproxy\` may win over it; both are unverified.

**Replaces** the proxy setting of the files and of WinHTTP. \`-Undo\` takes back the latest run, files and WinHTTP proxy,
and again the one before it. Unverified: that WinHTTP takes up a setting restored in the registry without a restart of
its users other than the connector's services, which the script restarts.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'ps1',
  families: [4, 6],
  carries: [],
  anyDestination: true,
  revision: 1,
  limits: {},
  options: [connectorProxyOption],
  onEmpty: 'render',

  render: (input) => [
    scriptStart(input, { says: 'name', admin: true, help: HELP }),
    parameters(input) + STRICT,
    CONFIG_SETTINGS + CHANGE,
    ASSERT_PROXY + CONFIG_FUNCTIONS + FUNCTIONS,
    CHECK + CONFIG_MAIN,
  ],
}

const HELP = `\
.SYNOPSIS
Tells the connector, its updater and WinHTTP which proxy to use; can be undone.

.DESCRIPTION
Sets defaultProxy in the .exe.config files of the connector and its updater, sets the WinHTTP proxy
that certificate checks use, keeps a copy of each file and of the WinHTTP setting, and restarts both
services. This list is not read for it: the setting is about the connector, not about addresses.

.PARAMETER Proxy
The proxy, written http://HOST:PORT.

.PARAMETER KeepWinHttpProxy
Leaves the WinHTTP proxy of this host as it is.

.PARAMETER ConfigPath
The files, where they are in no folder of the product.

.PARAMETER NoRestart
Leaves the services running with the old setting.

.PARAMETER Undo
Takes back the latest run: the files and the WinHTTP proxy.

.EXAMPLE
powershell -NoProfile -File .\\connector-config.ps1 -WhatIf
`

function parameters(input: ExportInput): string {
  return `
[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Proxy = ${quoted(connectorProxyOf(input).url)},

    [switch] $KeepWinHttpProxy,

    [string[]] $ConfigPath = @(),

    [switch] $NoRestart,

    [switch] $Undo
)

`
}

const CHANGE = `
$Change = 'Use the proxy {0}' -f $Proxy
`

const FUNCTIONS = String.raw`
function Test-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-Child -Parent $Root -Name 'system.net'
    if ($null -eq $net) { return $false }
    $default = Get-Child -Parent $net -Name 'defaultProxy'
    if ($null -eq $default) { return $false }
    $given = Get-Child -Parent $default -Name 'proxy'
    if ($null -eq $given) { return $false }
    $default.GetAttribute('enabled') -ne 'false' -and
        $given.GetAttribute('proxyaddress') -eq $Proxy -and
        $given.GetAttribute('bypassonlocal') -eq 'True' -and
        $given.GetAttribute('usesystemdefault') -eq 'True' -and
        -not $given.HasAttribute('scriptLocation') -and
        -not $given.HasAttribute('autoDetect')
}

function Set-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-OrAddChild -Parent $Root -Name 'system.net'
    $default = Get-OrAddChild -Parent $net -Name 'defaultProxy'
    $default.RemoveAttribute('enabled')
    $given = Get-OrAddChild -Parent $default -Name 'proxy'
    $given.SetAttribute('proxyaddress', $Proxy)
    $given.SetAttribute('bypassonlocal', 'True')
    $given.SetAttribute('usesystemdefault', 'True')
    # A script or discovery would be asked before the address.
    $given.RemoveAttribute('scriptLocation')
    $given.RemoveAttribute('autoDetect')
}

# Looks for the proxy alone: netsh writes the words around it in the language of the host.
function Test-WinHttpProxy {
    param([string] $Endpoint)

    $shown = Invoke-Netsh -Argument @('show', 'proxy')
    $shown -match ('(?<![A-Za-z0-9.-]){0}(?![0-9])' -f [regex]::Escape($Endpoint))
}

function Set-WinHttpProxy {
    if ($KeepWinHttpProxy) { return $false }
    $endpoint = $Proxy -replace '^http://', ''
    $changed = Edit-WinHttpSetting -Argument @(
        'set', 'proxy', ('proxy-server={0}' -f $endpoint), 'bypass-list=<local>'
    )
    if (-not (Test-WinHttpProxy -Endpoint $endpoint)) {
        throw ('netsh winhttp show proxy does not show {0}' -f $endpoint)
    }
    $changed
}
`

const CHECK = `
$Proxy = Assert-Proxy -Value $Proxy
`
