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

# How a connection is refused at once: by its host, by a firewall, or because there is no way to it.
$Refusal = @(
    'ConnectionRefused', 'ConnectionReset', 'AccessDenied', 'HostUnreachable'
    'NetworkUnreachable', 'AddressNotAvailable', 'AddressFamilyNotSupported'
)

# What went wrong by its name, which is the same in every language of Windows.
function Get-FailureName {
    param([System.Exception] $Failure)

    if ($Failure -is [System.Net.Sockets.SocketException]) {
        return $Failure.SocketErrorCode.ToString()
    }
    $Failure.GetType().Name
}

# Windows gives up by itself after some 21 seconds (TimedOut): no answer either.
function Connect-Address {
    param([System.Net.IPAddress] $Address, [int] $Port)

    $client = $null
    try {
        $family = $Address.AddressFamily
        $client = New-Object -TypeName 'System.Net.Sockets.TcpClient' -ArgumentList $family
        if ($client.ConnectAsync($Address, $Port).Wait($Milliseconds)) {
            return @{ Client = $client; Problem = ''; Detail = '' }
        }
        $why = 'no answer in time'
    }
    catch {
        $why = Get-FailureName -Failure ($_.Exception.GetBaseException())
    }
    if ($null -ne $client) { $client.Close() }
    $problem = if ($Refusal -contains $why) { 'refused' } else { 'unanswered' }
    @{ Client = $null; Problem = $problem; Detail = $why }
}

# Every address in turn. Of several problems a silent drop is the one to report.
function Open-Connection {
    param([string] $Name, [int] $Port)

    $addresses = @(Resolve-Name -Name $Name)
    $failed = @{ Client = $null; Problem = 'unresolved'; Detail = 'it does not resolve here' }
    if ($Unknown.ContainsKey($Name)) {
        $failed = @{ Client = $null; Problem = 'unknown'; Detail = $Unknown[$Name] }
    }
    foreach ($address in $addresses) {
        $tried = Connect-Address -Address $address -Port $Port
        if ($null -ne $tried.Client) { return $tried }
        if ($failed.Problem -ne 'unanswered') { $failed = $tried }
    }
    $failed
}

function Send-Request {
    param([System.IO.Stream] $Stream, [string[]] $Line)

    $text = ($Line -join $LineEnd) + $LineEnd + $LineEnd
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($text)
    $Stream.Write($bytes, 0, $bytes.Length)
}

# The head of the answer, its status 0 if it is none. Byte by byte, because TLS begins behind it.
function Read-Answer {
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
    $status = [regex]::Match($head.ToString(), '^HTTP/1\.[01] ([0-9]{3})')
    if (-not $status.Success) { return @{ Status = 0; Header = @{} } }
    $header = Get-Header -Line @($head.ToString() -split $LineEnd)
    @{ Status = [int] $status.Groups[1].Value; Header = $header }
}

# By lower-case name. What may stand once counts the first time.
function Get-Header {
    param([string[]] $Line)

    $header = @{}
    foreach ($text in $Line) {
        $field = [regex]::Match($text, '^([A-Za-z0-9-]+):(.*)$')
        if (-not $field.Success) { continue }
        $key = $field.Groups[1].Value.ToLowerInvariant()
        $value = $field.Groups[2].Value.Trim()
        if (-not $header.ContainsKey($key)) { $header[$key] = $value }
        elseif (@('location', 'server') -notcontains $key) {
            $header[$key] = '{0}, {1}' -f $header[$key], $value
        }
    }
    $header
}

# The certificates of a server, its own first. Any is accepted, because they are only looked at:
# nothing is sent after the handshake. The connector itself speaks TLS 1.2.
function Read-Certificate {
    param([System.IO.Stream] $Stream, [string] $Name)

    $script:Seen = @{ Chain = @(); Status = @(); IsOther = $false }
    $script:Shown = $null
    $look = [System.Net.Security.RemoteCertificateValidationCallback] {
        param($from, $certificate, $chain, $errors)
        if ($null -ne $chain) {
            $script:Seen = Get-Seen -Chain $chain -Fault ($errors.ToString())
        }
        $true
    }
    # .NET Framework looks at the certificate when the handshake is done. A server that wants one of
    # ours may end it before; of that one alone it tells here, where we have none to give.
    $give = [System.Net.Security.LocalCertificateSelectionCallback] {
        param($from, $target, $own, $certificate, $issuers)
        if ($null -ne $certificate) { $script:Shown = $certificate.GetRawCertData() }
        $null
    }
    $tls = New-Object -TypeName 'System.Net.Security.SslStream' -ArgumentList @(
        $Stream, $false, $look, $give
    )
    try {
        $version = [System.Security.Authentication.SslProtocols]::Tls12
        $tls.AuthenticateAsClient($Name, $null, $version, $false)
    }
    catch {
        if ($script:Seen.Chain.Count -eq 0 -and $null -ne $script:Shown) {
            $script:Seen = Get-ShownChain -Data $script:Shown
        }
        if ($script:Seen.Chain.Count -eq 0) { throw }
    }
    finally {
        $tls.Dispose()
    }
    $script:Seen
}

# Copies: the chain is closed when the handshake is done.
function Get-Seen {
    param([object] $Chain, [string] $Fault)

    $copies = @($Chain.ChainElements | ForEach-Object {
        New-Object -TypeName $CertificateType -ArgumentList (, $_.Certificate.RawData)
    })
    @{
        Chain   = $copies
        Status  = @($Chain.ChainStatus | ForEach-Object { $_.Status.ToString() })
        IsOther = $Fault -like '*NameMismatch*'
    }
}

# Of a certificate without the ones above it: built of what Windows has or finds of them. Where they
# are missing and nothing is known of whoever issued it, nothing was seen.
function Get-ShownChain {
    param([byte[]] $Data)

    $own = New-Object -TypeName $CertificateType -ArgumentList (, $Data)
    $chain = New-Object -TypeName 'System.Security.Cryptography.X509Certificates.X509Chain'
    $chain.ChainPolicy.RevocationMode = 'NoCheck'
    $chain.ChainPolicy.UrlRetrievalTimeout = [TimeSpan]::FromMilliseconds($Milliseconds)
    $null = $chain.Build($own)
    $seen = Get-Seen -Chain $chain -Fault ''
    if ($seen.Status -contains 'PartialChain' -and -not (Test-PublicChain -Seen $seen)) {
        $seen.Chain = @()
    }
    $seen
}
`
