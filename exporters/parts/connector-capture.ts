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
`

export const CAPTURE_MAIN = String.raw`
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
`
