/**
 * The article's capture of a connector's start as a script, with the filters that tell what is
 * wrong at its head.
 */
import { DIRECT_PORTS, HTTPS_PORT } from '../src/core/connector-ports.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { comment } from './parts/comment.ts'
import { CAPTURE_FUNCTIONS, CAPTURE_MAIN } from './parts/connector-capture.ts'
import { filtersOf } from './parts/connector-filters.ts'
import { ASSERT_PROXY } from './parts/connector-proxy.ts'
import { connectorProxyOf, connectorProxyOption } from './parts/options.ts'
import { quoted, scriptStart, STRICT } from './parts/powershell.ts'

export const connectorCapture: Exporter = {
  name: 'connector-capture',
  summary: "a PowerShell script that captures a connector's start, with filters for the analyzers",
  group: 'connector',
  consumer: "Windows PowerShell 5.1 or PowerShell 7 with pktmon or netsh on a connector's host",
  proof: {
    by: 'grammar',
    with:
      'script: tree-sitter-powershell 0.26.4, run by no PowerShell; Wireshark filters: tshark 4.0.17 on a ' +
      'capture with both faults; capture filters: tcpdump 4.99.3; Network Monitor: the article of 2017',
  },
  guide: `\
**Needs** \`RANGEWARDEN_CONNECTOR_PROXY\`, whose port is in the filters and whose host and port the capture looks for.

Run it in an elevated PowerShell on the connector's host while nobody needs the connector: as the article asks, it stops
\`WAPCSvc\`, starts the capture, starts the service, waits \`-Seconds\` (60), stops the capture, and gives the service back
whatever happens in between, and names the file. \`-Tool pktmon\` (Windows Server 2022; the older command line of 2019 is
not written for) keeps DNS, the traffic of the proxy and direct attempts on 443, 5671, 9350 and 9352; \`-Tool netsh\`
keeps everything, for older hosts. A file of \`pktmon\` is converted to pcapng by \`pktmon etl2pcap\` where this Windows has
it; one of \`netsh\` stays \`.etl\`, for Network Monitor or Microsoft's \`etl2pcapng\`.

The head of the script has the filters for Wireshark and tcpdump, checked by the programs themselves, and those of the
article for Microsoft Network Monitor, unverified. Wireshark takes a port that is not commonly HTTP for something else:
"Decode As", HTTP. A capture holds what passes this host unencrypted; keep it as you keep logs.

**Replaces** nothing: every run writes files of its own. The filters of pktmon, which has one set for the whole host,
are removed before and after.`,
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
    '\n' + filterComments(input),
    parameters(input) + STRICT,
    settings(),
    ASSERT_PROXY + CAPTURE_FUNCTIONS + CAPTURE_MAIN,
  ],
}

/** `# Wireshark: FILTER` on one line, what it finds above it. */
function filterComments(input: ExportInput): string {
  const proxy = connectorProxyOf(input)
  const rows = filtersOf(proxy).map(
    ({ analyzer, filter, finds }) => `${comment('# - ', finds)}# ${analyzer}: ${filter}\n`,
  )
  return (
    comment('# ', `Filters for a capture of the connector and its proxy ${proxy.url}:`) +
    rows.join('')
  )
}

const HELP = `\
.SYNOPSIS
Captures the network traffic of a connector's start.

.DESCRIPTION
Stops the connector's service, starts a capture, starts the service, waits, stops the capture and
converts it if pktmon made it. Filters to read the capture with are below.

.PARAMETER Proxy
The connector's proxy, written http://HOST:PORT.

.PARAMETER Tool
pktmon keeps what belongs to the connector; netsh keeps everything, for hosts without pktmon.

.PARAMETER Seconds
How long the capture goes on after the service has started: 5 to 3600.

.PARAMETER Folder
Where the capture is written; it must be there.

.EXAMPLE
powershell -NoProfile -File .\\connector-capture.ps1 -Tool netsh -Seconds 120
`

function parameters(input: ExportInput): string {
  return `
[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Proxy = ${quoted(connectorProxyOf(input).url)},

    [ValidateSet('pktmon', 'netsh')]
    [string] $Tool = 'pktmon',

    [string] $Seconds = '60',

    [string] $Folder = $env:TEMP
)

`
}

function settings(): string {
  const direct = [HTTPS_PORT, ...DIRECT_PORTS.map(({ first }) => first)]
  return `
# The connector itself; the updater's start says little and takes long.
$ConnectorService = 'WAPCSvc'

# Remote ports of direct attempts, past the proxy.
$DirectPort = @(${direct.map((port) => quoted(String(port))).join(', ')})
`
}
