/**
 * The preflight for a connector's host as one PowerShell file, since nobody installs anything there
 * and rules by source address or user answer only there.
 */
import { KNOWN_FILES } from '../src/core/connector-files.ts'
import { DIRECT_PORTS } from '../src/core/connector-ports.ts'
import { formatPort, type EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { PREFLIGHT_ANSWERS } from './parts/connector-preflight-answers.ts'
import { PREFLIGHT_CHECKS, PUBLIC_ROOTS, VERDICTS } from './parts/connector-preflight-checks.ts'
import { ruleNeedsHost } from './parts/connector-preflight-needs.ts'
import { PREFLIGHT_NETWORK } from './parts/connector-preflight-network.ts'
import { PREFLIGHT_MAIN, PREFLIGHT_RUN } from './parts/connector-preflight-run.ts'
import { ASSERT_PROXY } from './parts/connector-proxy.ts'
import { hostName } from './parts/names.ts'
import { connectorProxyOf, connectorProxyOption } from './parts/options.ts'
import { quoted, scriptStart, STRICT } from './parts/powershell.ts'

export const connectorPreflight: Exporter = {
  name: 'connector-preflight',
  summary:
    "a PowerShell script that tests every name of the list through the proxy, on a connector's host",
  group: 'connector',
  consumer: "Windows PowerShell 5.1 or PowerShell 7 on a connector's host",
  proof: {
    by: 'grammar',
    with: 'tree-sitter-powershell 0.26.4 and a reader of our own; no PowerShell and no Windows has run it',
  },
  guide: `\
**Needs** \`RANGEWARDEN_CONNECTOR_PROXY\`, which becomes the default of \`-Proxy\`. Changes nothing on the host. Run it as
Network Service, the connector's account, because a proxy or firewall may judge by user: \`-AsNetworkService\`, in an
elevated PowerShell, runs it again by a scheduled task of that account and shows its answer.

Every name is asked for through the proxy, by CONNECT, and by GET on port 80, where a host that has a file for everybody
is asked for that file. \`ok\`; \`proxy-authentication\` (407, which the connector cannot answer); \`policy-refused\` (403,
or a redirect away from the site, as block pages do); \`unreachable\` (500, 502, 503: the proxy cannot reach or resolve
it; or a certificate that is expired or another host's); \`inspected\` (the certificate is from no public authority);
\`no-answer\`; \`unresolved\` (the proxy's own name). Below \`*.servicebus.*\` it also connects directly to 5671, 9350 and
9352: \`goes-around\` if that succeeds, \`silently-dropped\` if nothing answers, \`ok\` if it is refused. A wildcard is tested
with the names of \`-TestName\` and \`not-testable\` without; a direct connection is \`not-testable\` where DNS gives no
answer for its name.

A 403 is the proxy's if it names itself (\`X-Squid-Error\`, \`Proxy-Status\`) or signs (\`Server\`) like its own answer to an
OPTIONS request with \`Max-Forwards: 0\`, and the host's, so \`ok\`, if it is signed otherwise. One that nobody signed is
\`policy-refused\`, told as from the proxy or from the host.

A certificate counts as public if its chain ends in a root of DigiCert or Microsoft that the script knows by thumbprint,
or in one of the host's third-party roots (\`AuthRoot\`, which Windows fills itself), or, where the root is not on the
host, in the name of a root it knows. That the host trusts an authority says nothing: it trusts the company's inspecting
one too. A company authority that somebody imported into AuthRoot is not found out.
Where a server ends the handshake for want of a client certificate, the chain is the one that Windows builds itself.

A table, or \`-Json\`. The exit code is 0 if all is well and 1 if something is bad, or if the script fails, or while a
wildcard that the connector needs at run time, or a direct connection, could not be tested (\`Needed\` in the row):
\`-TestName\` must have a host of the tenant and one of Service Bus. The wildcards of registration are hosts of
Microsoft's that nobody publishes, and nobody has hosts below \`*.servicebus.microsoft.net\`: these may stay untested.
Wildcards that only the list's owner wrote may not.

**Replaces** nothing: the names are in the file, so fetch it again when the list changes.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'ps1',
  families: [4, 6],
  carries: ['names'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [connectorProxyOption],
  onEmpty: 'refuse',

  render: (input) => [
    scriptStart(input, { says: 'notices', admin: false, help: HELP }),
    parameters(input) + STRICT,
    SETTINGS,
    ASSERT_PROXY + PREFLIGHT_NETWORK + PREFLIGHT_ANSWERS + PREFLIGHT_CHECKS + PREFLIGHT_RUN,
    required(input),
    PREFLIGHT_MAIN,
  ],
}

const HELP = `\
.SYNOPSIS
Tests what a connector must reach, through its proxy, from the connector's own host.

.DESCRIPTION
Asks the proxy for every required name and port, looks at the certificates for signs of inspection,
and tries whether Service Bus gets past the proxy. Changes nothing. Run it with -AsNetworkService:
the connector runs as Network Service, and rules may judge by user.

.PARAMETER Proxy
The connector's proxy, written http://HOST:PORT.

.PARAMETER TestName
Names below the wildcards of the list, such as your tenant's, to test in their place. Without a host
of the tenant and one of Service Bus the exit code is not 0: what runs through them is not tested.

.PARAMETER TimeoutSeconds
How long each answer is waited for, 1 to 120.

.PARAMETER Json
Writes the results as JSON instead of a table.

.PARAMETER AsNetworkService
Runs the tests as the connector's account, by a scheduled task that is removed afterwards.

.PARAMETER ResultPath
For -AsNetworkService: the file that the results are written to.

.EXAMPLE
powershell -NoProfile -File .\\connector-preflight.ps1 -AsNetworkService -TestName tenant.msappproxy.net,ns.servicebus.windows.net
`

function parameters(input: ExportInput): string {
  return `
[CmdletBinding()]
param(
    [string] $Proxy = ${quoted(connectorProxyOf(input).url)},

    [string[]] $TestName = @(),

    [string] $TimeoutSeconds = '10',

    [switch] $Json,

    [switch] $AsNetworkService,

    [string] $ResultPath = ''
)

`
}

function required({ rules, required }: ExportInput): string {
  const paths = new Map(
    required.flatMap(({ name, path }) => (path === undefined ? [] : [[name, path] as const])),
  )
  const rows = rules.map((rule) => {
    const needed = isWildcard(rule) && ruleNeedsHost(rule.name, required) ? ' -Needed' : ''
    return `    ${newEndpoint(rule, paths.get(rule.name))}${needed}\n`
  })
  return `\n# What this list requires.\n$Required = @(\n${rows.join('')})\n`
}

function isWildcard({ name }: EndpointRule): boolean {
  return name.startsWith('*.')
}

function newEndpoint({ name, ports }: EndpointRule, path: string | undefined): string {
  const { host, wild } = hostName('connector-preflight', name)
  const written = [
    `-Name ${quoted(wild ? `*.${host}` : host)}`,
    `-Port ${quoted(ports.map(formatPort).join(' '))}`,
    ...(isPlainPath(path) ? [`-Path ${quoted(path)}`] : []),
  ]
  return `New-Endpoint ${written.join(' ')}`
}

/** It becomes part of a request line; any other path is asked for by its name alone. */
function isPlainPath(path: string | undefined): path is string {
  return path !== undefined && /^\/(?:[A-Za-z0-9._~/-]|%[0-9A-Fa-f]{2})+$/.test(path)
}

const SETTINGS = `
$LineEnd = [string] [char] 13 + [char] 10
$CertificateType = 'System.Security.Cryptography.X509Certificates.X509Certificate2'

# The account of the connector, by its well-known number: its name differs between languages.
$NetworkService = 'S-1-5-20'

# Addresses of names, as this host resolves them, and why it could not tell.
$Resolved = @{}
$Unknown = @{}

# The proxy's own signature, by which its answers are told from those of hosts.
$Voice = @{ Server = '' }

# Files that are there for everybody, so that a refusal of them is the proxy's.
$KnownFile = @{
${table(KNOWN_FILES)}}

# Service Bus tries these directly before it uses 443 through the proxy.
$DirectPort = @(${DIRECT_PORTS.map(formatPort).join(', ')})

$Sentence = @{
${table(VERDICTS)}}

# By thumbprint.
$PublicRoot = @{
${table(PUBLIC_ROOTS)}}
`

function table(rows: Readonly<Record<string, string>>): string {
  return Object.entries(rows)
    .map(([key, value]) => `    ${quoted(key)} = ${quoted(value)}\n`)
    .join('')
}
