/** The preflight's way through a network: plain TCP, one request to the proxy, one TLS handshake. */
export const PREFLIGHT_NETWORK = String.raw`
# Asked of the host's own resolver. A host behind a proxy need not resolve what the proxy reaches.
function Resolve-Name {
    param([string] $Name)

    if (-not $Resolved.ContainsKey($Name)) {
        $Resolved[$Name] = @()
        try {
            $task = [System.Net.Dns]::GetHostAddressesAsync($Name.Trim('[', ']'))
            if ($task.Wait($Milliseconds)) { $Resolved[$Name] = @($task.Result) }
            else { $Unknown[$Name] = 'DNS gave no answer in time' }
        }
        catch {
            $failure = $_.Exception.GetBaseException()
            Write-Verbose ('{0}: {1}' -f $Name, $failure.Message)
            if (-not (Test-NoSuchName -Failure $failure)) { $Unknown[$Name] = $failure.Message }
        }
    }
    $Resolved[$Name]
}

# Whether DNS said so, as opposed to having said nothing.
function Test-NoSuchName {
    param([System.Exception] $Failure)

    if ($Failure -isnot [System.Net.Sockets.SocketException]) { return $false }
    @('HostNotFound', 'NoData') -contains $Failure.SocketErrorCode.ToString()
}

# Every address in turn. Of several problems a silent drop is the one to report.
function Open-Connection {
    param([string] $Name, [int] $Port)

    $addresses = @(Resolve-Name -Name $Name)
    $problem = if ($Unknown.ContainsKey($Name)) { 'unknown' } else { 'unresolved' }
    foreach ($address in $addresses) {
        $family = $address.AddressFamily
        $client = New-Object -TypeName 'System.Net.Sockets.TcpClient' -ArgumentList $family
        try {
            if ($client.ConnectAsync($address, $Port).Wait($Milliseconds)) {
                return @{ Client = $client; Problem = '' }
            }
            $problem = 'timeout'
        }
        catch {
            if ($problem -ne 'timeout') { $problem = $_.Exception.GetBaseException().Message }
        }
        $client.Close()
    }
    @{ Client = $null; Problem = $problem }
}

function Send-Request {
    param([System.IO.Stream] $Stream, [string[]] $Line)

    $text = ($Line -join $LineEnd) + $LineEnd + $LineEnd
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($text)
    $Stream.Write($bytes, 0, $bytes.Length)
}

# The status of the answer, 0 for none. Byte by byte, because TLS begins right behind the head.
function Read-Status {
    param([System.IO.Stream] $Stream)

    $head = New-Object -TypeName 'System.Text.StringBuilder'
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($head.Length -lt 65536 -and $watch.ElapsedMilliseconds -lt $Milliseconds) {
        $byte = $Stream.ReadByte()
        if ($byte -lt 0) { break }
        $null = $head.Append([char] $byte)
        if ($byte -ne 10) { continue }
        if ($head.ToString().EndsWith($LineEnd + $LineEnd, [StringComparison]::Ordinal)) { break }
    }
    if ($head.ToString() -match '^HTTP/1\.[01] ([0-9]{3})') { return [int] $Matches[1] }
    0
}

# The certificates of a server, its own first. Any is accepted, because they are only looked at:
# nothing is sent after the handshake. The connector itself speaks TLS 1.2.
function Read-Certificate {
    param([System.IO.Stream] $Stream, [string] $Name)

    $script:Seen = @()
    $look = [System.Net.Security.RemoteCertificateValidationCallback] {
        param($from, $certificate, $chain, $errors)
        $script:Seen = @($chain.ChainElements | ForEach-Object {
            New-Object -TypeName $CertificateType -ArgumentList (, $_.Certificate.RawData)
        })
        $true
    }
    $tls = New-Object -TypeName 'System.Net.Security.SslStream' -ArgumentList @(
        $Stream, $false, $look
    )
    try {
        $version = [System.Security.Authentication.SslProtocols]::Tls12
        $tls.AuthenticateAsClient($Name, $null, $version, $false)
    }
    finally {
        $tls.Dispose()
    }
    $script:Seen
}
`
