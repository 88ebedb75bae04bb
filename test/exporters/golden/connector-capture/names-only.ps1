#Requires -Version 5.1
#Requires -RunAsAdministrator

# Rangewarden, made for the list names.azuregovernment.

<#
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
powershell -NoProfile -File .\connector-capture.ps1 -Tool netsh -Seconds 120
#>

# Filters for a capture of the connector and its proxy http://proxy.example:3128:
# - the connector's CONNECT requests and the proxy's answers: 200 is good
# Wireshark: tcp.port == 3128 && (http.request.method == "CONNECT" || http.response)
# - the proxy wants authentication, which the connector cannot give
# Wireshark: tcp.port == 3128 && http.response.code == 407
# - every refusal of the proxy: 403 is its policy, 502 and 503 what it cannot reach
# Wireshark: tcp.port == 3128 && http.response.code >= 400
# - connections nobody answers: a silent drop between here and there
# Wireshark: tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.analysis.retransmission
# - direct attempts, past the proxy
# Wireshark: tcp.flags.syn == 1 && tcp.flags.ack == 0 && (tcp.dstport == 443 || tcp.dstport == 5671 || tcp.dstport == 9350 || tcp.dstport == 9352)
# - direct attempts that something refuses with a reset, as it should be
# Wireshark: tcp.flags.reset == 1 && (tcp.srcport == 443 || tcp.srcport == 5671 || tcp.srcport == 9350 || tcp.srcport == 9352)
# - all that goes to the proxy and comes from it
# capture filter: tcp port 3128
# - direct attempts over IPv4 alone (tcpdump does not look at flags behind IPv6)
# capture filter: tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and (dst port 443 or dst port 5671 or dst port 9350 or dst port 9352)
# - the article's filter for requests to the proxy and its answers
# Network Monitor: (https.Request or https.Response) and tcp.port==3128
# - the same where the analyzer takes CONNECT for plain HTTP
# Network Monitor: (http.Request or http.Response) and tcp.port==3128
# - the article's filter for connections nobody answers
# Network Monitor: property.TCPSynRetransmit

[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Proxy = 'http://proxy.example:3128',

    [ValidateSet('pktmon', 'netsh')]
    [string] $Tool = 'pktmon',

    [string] $Seconds = '60',

    [string] $Folder = $env:TEMP
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The connector itself; the updater's start says little and takes long.
$ConnectorService = 'WAPCSvc'

# Remote ports of direct attempts, past the proxy.
$DirectPort = @('443', '5671', '9350', '9352')

$ProxyPattern = -join @(
    '^http://(?<Host>'
    # A name has a letter: 10 and 127.0.0.256 are mistakes.
    '(?=[^:]{1,253}:)(?=[^:]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?'
    # An IPv4 address.
    '|(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
    # An IPv6 address: eight groups, or at most seven around one "::"; not one that is IPv4 inside.
    '|\[(?![0:]*:[Ff]{4}:)(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}'
    '|(?!:*(?:[0-9A-Fa-f]{1,4}:+){7}[0-9A-Fa-f]{1,4})'
    '(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)\]'
    # 1 to 65535.
    '):(?<Port>[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'
    '/?\z'
)

# http://HOST:PORT and nothing else: the connector takes no other "proxyaddress", not even for an
# address, and answers no proxy that asks for a user and a password.
function Assert-Proxy {
    param([string] $Value)

    if ($Value -cnotlike 'http://*') {
        throw ('The proxy must begin with http://, written http://HOST:PORT, also for an IP ' +
            'address; without it the connector does not use it. Given: {0}' -f $Value)
    }
    $read = [regex]::Match($Value, $ProxyPattern)
    if (-not $read.Success) {
        throw ('The proxy must be written http://HOST:PORT, without user, password or path. ' +
            'Given: {0}' -f $Value)
    }
    'http://{0}:{1}' -f $read.Groups['Host'].Value.ToLowerInvariant(), $read.Groups['Port'].Value
}

function Invoke-Program {
    param([string] $Program, [string[]] $Argument)

    $said = & $Program @Argument
    if ($LASTEXITCODE -ne 0) {
        throw ('{0} {1} failed: {2}' -f $Program, ($Argument -join ' '), ($said -join ' '))
    }
}

# A name that does not resolve here is no failure: the port alone is looked for then.
function Get-ProxyAddress {
    param([string] $HostName)

    try {
        [System.Net.Dns]::GetHostAddresses($HostName.Trim('[', ']')) |
            ForEach-Object { $_.IPAddressToString }
    }
    catch {
        Write-Warning ('{0} does not resolve here: {1}' -f $HostName, $_.Exception.Message)
    }
}

function Remove-PktmonFilter {
    Invoke-Program -Program 'pktmon.exe' -Argument @('filter', 'remove')
}

# Conditions of one filter must all be met, and a packet that meets one filter is kept.
function Add-PktmonFilter {
    param([string] $HostName, [string] $Port)

    Remove-PktmonFilter
    $addresses = @(Get-ProxyAddress -HostName $HostName)
    foreach ($address in $addresses) {
        Invoke-Program -Program 'pktmon.exe' -Argument @(
            'filter', 'add', 'proxy', '-i', $address, '-t', 'TCP', '-p', $Port
        )
    }
    $ports = if ($addresses.Count -eq 0) { @($Port) + $DirectPort } else { $DirectPort }
    foreach ($each in $ports) {
        Invoke-Program -Program 'pktmon.exe' -Argument @(
            'filter', 'add', 'direct', '-t', 'TCP', '-p', $each
        )
    }
    Invoke-Program -Program 'pktmon.exe' -Argument @('filter', 'add', 'dns', '-p', '53')
}

function Start-Capture {
    param([string] $File)

    if ($Tool -eq 'pktmon') {
        # Packet size 0 keeps whole packets; 128 bytes would cut an answer of the proxy.
        Invoke-Program -Program 'pktmon.exe' -Argument @(
            'start', '--capture', '--pkt-size', '0', '--file-name', $File
        )
        return
    }
    Invoke-Program -Program 'netsh.exe' -Argument @(
        'trace', 'start', 'capture=yes', 'report=disabled', 'maxsize=1024',
        ('tracefile={0}' -f $File)
    )
}

function Stop-Capture {
    if ($Tool -eq 'pktmon') {
        Invoke-Program -Program 'pktmon.exe' -Argument @('stop')
        return
    }
    Invoke-Program -Program 'netsh.exe' -Argument @('trace', 'stop')
}

# Each tool's captures have a converter of their own. One that cannot be converted here is still a
# capture.
function Convert-Capture {
    param([string] $File)

    if ($Tool -eq 'netsh') {
        'Convert it for Wireshark with etl2pcapng, https://github.com/microsoft/etl2pcapng'
        return
    }
    $converted = $File -replace '\.etl$', '.pcapng'
    try {
        Invoke-Program -Program 'pktmon.exe' -Argument @('etl2pcap', $File, '--out', $converted)
        'Converted: {0}' -f $converted
    }
    catch {
        Write-Warning ('Not converted; "pktmon etl2pcap" of another Windows may: {0}' -f
            $_.Exception.Message)
    }
}

# Read as text: powershell -File hands "1,20" on as one word, and [int] would make 120 of it.
function Get-Second {
    if ($Seconds -notmatch '^[0-9]{1,4}\z' -or [int] $Seconds -lt 5 -or [int] $Seconds -gt 3600) {
        throw ('-Seconds {0}: no number of 5 to 3600' -f $Seconds)
    }
    [int] $Seconds
}

$Proxy = Assert-Proxy -Value $Proxy
$null = $Proxy -match '^http://(.+):([0-9]+)$'
$proxyHost = $Matches[1]
$proxyPort = $Matches[2]

$wait = Get-Second

$service = Get-Service -Name $ConnectorService
$stamp = Get-Date -Format 'yyyyMMddTHHmmss'
$to = (Resolve-Path -LiteralPath $Folder).ProviderPath
$file = Join-Path -Path $to -ChildPath ('connector-{0}.etl' -f $stamp)
if (-not $PSCmdlet.ShouldProcess($ConnectorService, 'Stop, capture the start, and start')) { return }

$filtering = $false
$capturing = $false
try {
    Stop-Service -InputObject $service
    if ($Tool -eq 'pktmon') {
        $filtering = $true
        Add-PktmonFilter -HostName $proxyHost -Port $proxyPort
    }
    Start-Capture -File $file
    $capturing = $true
    try {
        Start-Service -InputObject $service
    }
    catch {
        # What it tried before it gave up is what the capture is for.
        Write-Warning ('{0} did not start: {1}' -f $ConnectorService, $_.Exception.Message)
    }
    Start-Sleep -Seconds $wait
}
finally {
    # The connector runs again, the capture ends and the filters go, each whatever becomes of the
    # others: so what is to be said comes last.
    $problems = @()
    try {
        Start-Service -InputObject $service
    }
    catch {
        $problems += '{0} does not run: {1}' -f $ConnectorService, $_.Exception.Message
    }
    try {
        if ($capturing) { Stop-Capture }
    }
    catch {
        $problems += 'The capture may still be running: {0}' -f $_.Exception.Message
    }
    try {
        if ($filtering) { Remove-PktmonFilter }
    }
    catch {
        $problems += 'Filters of pktmon may be left: {0}' -f $_.Exception.Message
    }
    # Write-Host, as after Ctrl+C the output of a finally block is not shown.
    if ($capturing) { Write-Host ('Captured: {0}' -f $file) }
    foreach ($problem in $problems) { Write-Warning $problem }
}

Convert-Capture -File $file
'The filters to read it with are at the head of this script.'
