/** The capture script's functions and its run, which gives the service back whatever happens. */
export const CAPTURE_FUNCTIONS = String.raw`
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
`

export const CAPTURE_MAIN = String.raw`
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
`
