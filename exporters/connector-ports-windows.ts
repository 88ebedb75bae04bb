/**
 * The port plan on the connector's own host. Service Bus tries 5671, 9350 and 9352 past the proxy
 * first: Windows Firewall refuses the attempt on the host itself, so that nothing waits for an
 * answer that a perimeter firewall swallowed.
 */
import { DIRECT_PORTS, HTTP_PORT, HTTPS_PORT } from '../src/core/connector-ports.ts'
import { formatPort, mergePorts, port, type PortRange } from '../src/core/endpoint-rule.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { SERVICES } from './parts/connector-services.ts'
import { RULE_GROUP } from './parts/powershell-firewall.ts'
import { madeFor, quoted, scriptStart, STRICT } from './parts/powershell.ts'

export const connectorPortsWindows: Exporter = {
  name: 'connector-ports-windows',
  summary: "Windows Firewall on the connector's host: direct 5671, 9350 and 9352 are refused",
  group: 'connector',
  consumer: "Windows Firewall on a connector's host, by Windows PowerShell 5.1 or PowerShell 7",
  proof: {
    by: 'grammar',
    with: 'tree-sitter-powershell 0.26.4 and a reader of our own; no PowerShell and no Windows has run it',
  },
  guide: `\
Run it in an elevated PowerShell on the connector's host. It blocks outbound TCP to the remote ports 5671, 9350 and 9352
for the whole host, not for the connector alone: a rule for one service matches only if that service has a SID of its
own, and a rule for a program only until the next update moves it; both would let traffic past the proxy without a word.
Another program of this host that needs AMQP (5671) is blocked too.

Windows refuses a blocked outbound connection to the program at once, so the connector falls back to 443 without delay:
general knowledge of Windows, unverified. A perimeter firewall must answer these ports with a TCP reset for the same
reason; a silent drop causes the retransmitted SYNs that the article describes.

Where a profile's default outbound action is Block, \`-AllowConnector\` also lets the programs of the installed services
\`WAPCSvc\` and \`WAPCUpdaterSvc\` out to TCP 80 and 443, to the list's other ports (a list for connectors older than
1.5.132.0 has 8080, 9090-9091 and 10100-10120) and to the port given by \`-ProxyPort\`, to any address. Where
\`windows-firewall\` rules stand, leave it out: they are narrower.

**Replaces** the rules of its group, \`Rangewarden connector ports\`, whichever list they were made for: added first,
the others removed afterwards. \`-Remove\` takes them away.`,
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
    settings(input),
    RULE_GROUP + FUNCTIONS + MAIN,
  ],
}

function settings(input: ExportInput): string {
  return `
$Group = 'Rangewarden connector ports'
$Description = ${quoted(madeFor(input))}

# Service Bus tries these directly before it uses 443 through the proxy.
$DirectPort = ${portArray(DIRECT_PORTS)}

# What connectors of this list use; connectors of 1.5.132.0 and later need 80 and 443 alone.
$ConnectorPort = ${portArray(connectorPorts(input))}

# The connector and its updater.
$ConnectorService = @(${SERVICES.map(quoted).join(', ')})
`
}

/** 80 and 443, and what the list's names are asked on besides; never what is blocked. */
function connectorPorts({ rules }: ExportInput): readonly PortRange[] {
  const asked = rules.flatMap(({ ports }) => ports)
  return mergePorts([port(HTTP_PORT), port(HTTPS_PORT), ...asked])
}

function portArray(ports: readonly PortRange[]): string {
  return `@(${ports.map((each) => quoted(formatPort(each))).join(', ')})`
}

const HELP = `\
.SYNOPSIS
Refuses the connector's direct Service Bus ports on its own host, so that all traffic takes the proxy.

.DESCRIPTION
Blocks outbound TCP to the remote ports 5671, 9350 and 9352, for every program of this host. Windows
refuses a blocked connection at once, so the connector does not wait before it falls back to 443.

.PARAMETER AllowConnector
Also lets the programs of the connector's services out to its ports, at any address. Needed only
where the default outbound action is Block and no narrower rule lets them out.

.PARAMETER ProxyPort
Ports of the proxy, to which -AllowConnector lets the connector out as well.

.PARAMETER Remove
Removes all rules of this script and adds none.

.EXAMPLE
powershell -NoProfile -File .\\connector-ports.ps1 -WhatIf
`

const PARAMETERS = `
[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $AllowConnector,

    [string[]] $ProxyPort = @(),

    [switch] $Remove
)

`

const FUNCTIONS = String.raw`
function Add-BlockRule {
    Add-Rule -DisplayName ('{0}: no direct Service Bus' -f $Group) -Match @{
        Action     = 'Block'
        RemotePort = $DirectPort
    }
}

# The programs as they are installed, which differ between the product's old and new name.
function Get-ConnectorProgram {
    foreach ($name in $ConnectorService) {
        $service = Get-CimInstance -ClassName 'Win32_Service' -Filter ("Name='{0}'" -f $name)
        if ($null -eq $service) { continue }
        if ($service.PathName -match '^"([^"]+)"' -or $service.PathName -match '^(.+?\.exe)') {
            $Matches[1]
        }
    }
}

# powershell -File hands "443,80" on as one word, and [int] would make the port 44380 of it.
function Get-ProxyPort {
    foreach ($port in @($ProxyPort | ForEach-Object { $_ -split ',' })) {
        if ($port -notmatch '^[1-9][0-9]{0,4}\z' -or [int] $port -gt 65535) {
            throw ('-ProxyPort {0}: no port of 1 to 65535' -f $port)
        }
        $port
    }
}

function Add-ConnectorRule {
    $programs = @(Get-ConnectorProgram)
    if ($programs.Count -eq 0) {
        throw ('-AllowConnector: none of the services {0} is installed here' -f
            ($ConnectorService -join ', '))
    }
    $ports = @($ConnectorPort) + $ProxyPort
    foreach ($program in $programs) {
        Add-Rule -DisplayName ('{0}: {1}' -f $Group, (Split-Path -Path $program -Leaf)) -Match @{
            Action     = 'Allow'
            RemotePort = @($ports | Select-Object -Unique)
            Program    = $program
        }
    }
}
`

const MAIN = `
$ProxyPort = @(Get-ProxyPort)
if (-not $PSCmdlet.ShouldProcess($Group, 'Replace or remove outbound rules')) { return }
if ($Remove) {
    Remove-RuleGroup
    return
}

Update-RuleGroup {
    Add-BlockRule
    if ($AllowConnector) { Add-ConnectorRule }
}

if (@(Get-BlockingProfile).Count -gt 0 -and -not $AllowConnector) {
    Write-Warning 'A profile blocks outbound by default: the connector needs rules that let it out.'
}
`
