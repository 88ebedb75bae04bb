#Requires -Version 5.1
#Requires -RunAsAdministrator

# Rangewarden allowlist names.azuregovernment, cloud AzureGovernment, serial 7, snapshot
# public-20251028-3f9a2c1e.

<#
.SYNOPSIS
Captures the network traffic of a connector's start.

.DESCRIPTION
Stops the connector's service, starts a capture, starts the service, waits, stops the capture and
converts it. Filters to read the capture with are below.

.PARAMETER Proxy
The connector's proxy, written http://HOST:PORT.

.PARAMETER Tool
pktmon keeps what belongs to the connector; netsh keeps everything, for hosts without pktmon.

.PARAMETER Seconds
How long the capture goes on after the service has started.

.PARAMETER Folder
Where the capture is written.

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

    [ValidateRange(5, 3600)]
    [int] $Seconds = 60,

    [string] $Folder = $env:TEMP
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The connector itself; the updater's start says little and takes long.
$ConnectorService = 'WAPCSvc'

# Remote ports of direct attempts, past the proxy.
$DirectPort = @('443', '5671', '9350', '9352')

# http://HOST:PORT and nothing else: the connector takes no other "proxyaddress", not even for an
# address, and answers no proxy that asks for a user and a password.
function Assert-Proxy {
    param([string] $Value)

    if ($Value -notlike 'http://*') {
        throw ('The proxy must begin with http://, written http://HOST:PORT, also for an IP ' +
            'address; without it the connector does not use it. Given: {0}' -f $Value)
    }
    if ($Value -notmatch '^http://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([1-9][0-9]{0,4})/?$') {
        throw ('The proxy must be written http://HOST:PORT, without user, password or path. ' +
            'Given: {0}' -f $Value)
    }
    if ([int] $Matches[2] -gt 65535) { throw ('No port: {0}' -f $Matches[2]) }
    'http://{0}:{1}' -f $Matches[1], $Matches[2]
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

# Conditions of one filter must all be met, and a packet that meets one filter is kept.
function Add-PktmonFilter {
    param([string] $HostName, [string] $Port)

    Invoke-Program -Program 'pktmon.exe' -Argument @('filter', 'remove')
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
        Invoke-Program -Program 'pktmon.exe' -Argument @('filter', 'remove')
        return
    }
    Invoke-Program -Program 'netsh.exe' -Argument @('trace', 'stop')
}

# A capture that cannot be converted here is still a capture.
function Convert-Capture {
    param([string] $File)

    if ($null -eq (Get-Command -Name 'pktmon.exe' -ErrorAction 'SilentlyContinue')) { return $File }
    $converted = $File -replace '\.etl$', '.pcapng'
    try {
        Invoke-Program -Program 'pktmon.exe' -Argument @('etl2pcap', $File, '--out', $converted)
        $converted
    }
    catch {
        Write-Warning ('Not converted, use etl2pcapng: {0}' -f $_.Exception.Message)
        $File
    }
}

$Proxy = Assert-Proxy -Value $Proxy
$null = $Proxy -match '^http://(.+):([0-9]+)$'
$proxyHost = $Matches[1]
$proxyPort = $Matches[2]

$service = Get-Service -Name $ConnectorService
$stamp = Get-Date -Format 'yyyyMMddTHHmmss'
$file = Join-Path -Path $Folder -ChildPath ('connector-{0}.etl' -f $stamp)
if (-not $PSCmdlet.ShouldProcess($ConnectorService, 'Stop, capture the start, and start')) { return }

$capturing = $false
Stop-Service -InputObject $service
try {
    if ($Tool -eq 'pktmon') { Add-PktmonFilter -HostName $proxyHost -Port $proxyPort }
    Start-Capture -File $file
    $capturing = $true
    try {
        Start-Service -InputObject $service
    }
    catch {
        # What it tried before it gave up is what the capture is for.
        Write-Warning ('{0} did not start: {1}' -f $ConnectorService, $_.Exception.Message)
    }
    Start-Sleep -Seconds $Seconds
}
finally {
    # Whatever becomes of the capture, the connector runs again; and whatever becomes of the
    # connector, the capture ends.
    try {
        Start-Service -InputObject $service
    }
    finally {
        if ($capturing) { Stop-Capture }
    }
}

'Captured: {0}' -f (Convert-Capture -File $file)
'The filters to read it with are at the head of this script.'
