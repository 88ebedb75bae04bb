#Requires -Version 5.1

# Rangewarden allowlist synthetic-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.
# This list names what the published file lacks: AzureFrontDoor.FirstParty.

<#
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
powershell -NoProfile -File .\connector-preflight.ps1 -AsNetworkService -TestName tenant.msappproxy.net,ns.servicebus.windows.net
#>

[CmdletBinding()]
param(
    [string] $Proxy = 'http://proxy.example:3128',

    [string[]] $TestName = @(),

    [string] $TimeoutSeconds = '10',

    [switch] $Json,

    [switch] $AsNetworkService,

    [string] $ResultPath = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

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
    'crl3.digicert.com' = '/DigiCertGlobalRootG2.crl'
    'crl4.digicert.com' = '/DigiCertGlobalRootG2.crl'
    'crl.microsoft.com' = '/pki/crl/products/MicRooCerAut2011_2011_03_22.crl'
    'ctldl.windowsupdate.com' = '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab'
    'ctldl.windowsupdate.us' = '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab'
    'www.microsoft.com' = '/pkiops/crl/Microsoft%20Azure%20RSA%20TLS%20Issuing%20CA%2003.crl'
}

# Service Bus tries these directly before it uses 443 through the proxy.
$DirectPort = @(5671, 9350, 9352)

$Sentence = @{
    'ok' = 'Reached.'
    'proxy-authentication' = 'The proxy wants authentication (407), which the connector cannot give: let it pass without.'
    'policy-refused' = 'The proxy''s policy refuses it (403), or sends to a page of its own: allow it for the connector.'
    'unreachable' = 'The proxy cannot reach or resolve it (500, 502, 503), or its certificate is not valid for it.'
    'inspected' = 'Its TLS certificate is from no public authority: something inspects. Exempt the connector.'
    'goes-around' = 'A direct connection succeeds: traffic will go around the proxy. Refuse it.'
    'silently-dropped' = 'A direct connection is dropped in silence, which delays the connector: refuse it with a reset.'
    'not-testable' = 'Not tested: a wildcard needs a name below it (-TestName), a direct connection an answer of DNS.'
    'unresolved' = 'The name of the proxy does not resolve here.'
    'no-answer' = 'No answer in time, or none that is one.'
}

# By thumbprint.
$PublicRoot = @{
    'A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436' = 'DigiCert Global Root CA'
    'DF3C24F9BFD666761B268073FE06D1CC8D4F82A4' = 'DigiCert Global Root G2'
    '7E04DE896A3E666D00E687D33FFAD93BE83D349E' = 'DigiCert Global Root G3'
    '5FB7EE0633E259DBAD0C4C9AE6D38F1A61C7DC25' = 'DigiCert High Assurance EV Root CA'
    'A78849DC5D7C758C8CDE399856B3AAD0B2A57135' = 'DigiCert TLS RSA4096 Root G5'
    '17F3DE5E9F0F19E98EF61F32266E20C407AE30EE' = 'DigiCert TLS ECC P384 Root G5'
    '73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74' = 'Microsoft RSA Root Certificate Authority 2017'
    '999A64C37FF47D9FAB95F14769891460EEC4C3C5' = 'Microsoft ECC Root Certificate Authority 2017'
}

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

# The proxy's word for an error: of Squid, and of RFC 9209.
$SquidWord = '^ERR_[A-Za-z0-9_]+'
$StatusWord = ';\s*error=([a-z_]+)'

# Proxy-Status without an error also stands in answers that a proxy hands on.
$StatusError = ';\s*error='

# The host of a Location that has one; anything else stays on the site.
$LocationHost = '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2,}(?:[^/\\?#]*@)?' +
    '(\[[0-9A-Fa-f:.]+\]|[^/\\?#:@\[\]]+)(?::[0-9]*)?(?:[/\\?#]|$)'

# The last two labels: enough for names under .com, .net and .us.
$Site = '[^.]*\.?[^.]*$'

# A proxy that names itself is believed; otherwise who signs (Server) like the proxy's own answer is
# the proxy, and who signs differently the host. A proxy may leave Server out, and hosts may.
function Get-Author {
    param([bool] $IsNamed, [string] $Theirs, [string] $Own)

    if ($IsNamed) { return 'proxy' }
    if ($Theirs -eq '') { return 'unknown' }
    if ($Theirs -ceq $Own) { return 'proxy' }
    'host'
}

function Get-RefusalVerdict {
    param([int] $Status)

    if ($Status -eq 407) { return 'proxy-authentication' }
    if ($Status -ge 500 -and $Status -ne 501 -and $Status -ne 505) { return 'unreachable' }
    'policy-refused'
}

# Of the answer to CONNECT: it is always the proxy's own.
function Get-TunnelVerdict {
    param([int] $Status)

    if ($Status -ge 200 -and $Status -lt 300) { return 'ok' }
    Get-RefusalVerdict -Status $Status
}

# Of the answer to GET: the proxy's, or the host's, which may itself refuse what it was asked for.
function Get-PageVerdict {
    param([int] $Status, [string] $Author, [bool] $IsNamed, [string] $Elsewhere)

    if ($Elsewhere -ne '') { return 'policy-refused' }
    if ($Status -ge 200 -and $Status -lt 300 -and -not $IsNamed) { return 'ok' }
    if ($Author -eq 'proxy') { return Get-RefusalVerdict -Status $Status }
    if ($Status -ge 500 -or $Status -eq 407) { return Get-RefusalVerdict -Status $Status }
    if ($Status -eq 403 -and $Author -eq 'unknown') { return 'policy-refused' }
    'ok'
}

function Get-ErrorWord {
    param([hashtable] $Header)

    $squid = [regex]::Match([string] $Header['x-squid-error'], $SquidWord)
    if ($squid.Success) { return ' ({0})' -f (Get-Printable -Text $squid.Value) }
    $status = [regex]::Match([string] $Header['proxy-status'], $StatusWord)
    if ($status.Success) { return ' ({0})' -f (Get-Printable -Text $status.Groups[1].Value) }
    ''
}

function Test-NamesItself {
    param([hashtable] $Header)

    if ($Header.ContainsKey('x-squid-error')) { return $true }
    [regex]::IsMatch([string] $Header['proxy-status'], $StatusError)
}

# Where a redirect leaves the site of the name: certificate hosts do not send anybody away.
function Get-RedirectedHost {
    param([hashtable] $Answer, [string] $Name)

    if ($Answer.Status -lt 300 -or $Answer.Status -gt 399) { return '' }
    $to = [regex]::Match([string] $Answer.Header['location'], $LocationHost)
    if (-not $to.Success) { return '' }
    $there = $to.Groups[1].Value.ToLowerInvariant()
    $isSame = [regex]::Match($there, $Site).Value -eq [regex]::Match($Name, $Site).Value
    if ($isSame) { '' } else { Get-Printable -Text $there }
}

function Test-Page {
    param([hashtable] $Answer, [hashtable] $Row)

    $isNamed = Test-NamesItself -Header $Answer.Header
    $theirs = [string] $Answer.Header['server']
    $judged = @{
        Status    = $Answer.Status
        IsNamed   = $isNamed
        Author    = Get-Author -IsNamed $isNamed -Theirs $theirs -Own $Voice.Server
        Elsewhere = Get-RedirectedHost -Answer $Answer -Name $Row.Name
    }
    $verdict = Get-PageVerdict @judged
    $more = Get-ErrorWord -Header $Answer.Header
    if ($judged.Elsewhere -ne '') {
        $more = ', sends to {0}, as block pages and sign-in pages do' -f $judged.Elsewhere
    }
    elseif ($verdict -eq 'policy-refused' -and $judged.Author -eq 'unknown') {
        $more = ', from the proxy or from the host'
    }
    elseif ($verdict -eq 'ok' -and $Answer.Status -ge 300) {
        $more = ', from the host itself'
    }
    New-Result @Row -Verdict $verdict -Detail ('HTTP {0}{1}' -f $Answer.Status, $more)
}

function New-Result {
    param(
        [string] $Name,
        [int] $Port,
        [string] $Via,
        [string] $Verdict,
        [string] $Detail,
        # Not testable is not well, then.
        [bool] $Needed = $false
    )

    [pscustomobject] @{
        Verdict = $Verdict
        Name    = $Name
        Port    = $Port
        Via     = $Via
        Says    = $Sentence[$Verdict]
        Detail  = $Detail
        Needed  = $Needed
    }
}

# What a stranger wrote, fit for a terminal: one short line of printable ASCII.
function Get-Printable {
    param([string] $Text)

    $plain = $Text -replace '[^\x20-\x7e]', '?'
    if ($plain.Length -gt 100) { return $plain.Substring(0, 100) + '...' }
    $plain
}

# Whether a chain ends in a public authority. That this host trusts it says nothing: a company's
# inspecting authority is trusted too. So: a root we know; or one that Windows itself fetched as a
# third-party root (AuthRoot), where company authorities do not belong; or, if the root is not on
# this host, one whose name is that of a root we know.
function Test-PublicChain {
    param([hashtable] $Seen)

    if ($Seen.Status -contains 'NotSignatureValid') { return $false }
    $top = $Seen.Chain[$Seen.Chain.Count - 1]
    if ($PublicRoot.ContainsKey($top.Thumbprint)) { return $true }
    if (Test-Path -LiteralPath ('Cert:\LocalMachine\AuthRoot\{0}' -f $top.Thumbprint)) {
        return $true
    }
    if ($top.Subject -eq $top.Issuer) { return $false }
    @($PublicRoot.Values | Where-Object { $top.Issuer -like ('CN={0},*' -f $_) }).Count -gt 0
}

# What else may be wrong with a certificate of a public authority: it is not the host's.
function Get-CertificateFault {
    param([hashtable] $Seen)

    $own = $Seen.Chain[0]
    $now = Get-Date
    if ($own.NotAfter -lt $now) {
        return 'the certificate expired {0:u}' -f $own.NotAfter.ToUniversalTime()
    }
    if ($own.NotBefore -gt $now) {
        return 'the certificate is valid from {0:u}: is the clock right?' -f
            $own.NotBefore.ToUniversalTime()
    }
    if ($Seen.IsOther) {
        return 'another host answers: its certificate is for {0}' -f
            (Get-Printable -Text $own.Subject)
    }
    if ($Seen.Status -contains 'NotTimeValid') { return 'an authority above it is out of its time' }
    ''
}

function Test-Certificate {
    param([System.IO.Stream] $Stream, [string] $Name, [int] $Port)

    $row = @{ Name = $Name; Port = $Port; Via = 'CONNECT' }
    $seen = Read-Certificate -Stream $Stream -Name $Name
    if ($seen.Chain.Count -eq 0) {
        return New-Result @row -Verdict 'no-answer' -Detail 'no certificate'
    }
    $issuer = Get-Printable -Text $seen.Chain[0].Issuer
    if (-not (Test-PublicChain -Seen $seen)) {
        return New-Result @row -Verdict 'inspected' -Detail ('issuer: {0}' -f $issuer)
    }
    $fault = Get-CertificateFault -Seen $seen
    if ($fault -eq '') { return New-Result @row -Verdict 'ok' -Detail ('issuer: {0}' -f $issuer) }
    $detail = '{0}; issued by {1}, so not inspected' -f $fault, $issuer
    New-Result @row -Verdict 'unreachable' -Detail $detail
}

# CONNECT as the connector does; port 80 is asked by GET, since many proxies tunnel to 443 alone.
function Get-RequestLine {
    param([string] $Name, [int] $Port, [string] $Via, [string] $Path)

    if ($Via -eq 'GET') {
        $file = if ($KnownFile.ContainsKey($Name)) { $KnownFile[$Name] } else { $Path }
        return @(
            ('GET http://{0}{1} HTTP/1.1' -f $Name, $file)
            ('Host: {0}' -f $Name)
            'Connection: close'
        )
    }
    @(
        ('CONNECT {0}:{1} HTTP/1.1' -f $Name, $Port)
        ('Host: {0}:{1}' -f $Name, $Port)
    )
}

function Test-ThroughProxy {
    param([string] $Name, [int] $Port, [string] $Path)

    $via = if ($Port -eq 80) { 'GET' } else { 'CONNECT' }
    $row = @{ Name = $Name; Port = $Port; Via = $via }
    $opened = Open-Connection -Name $ProxyHost -Port $ProxyPort
    if ($null -eq $opened.Client) {
        return New-Result @row -Verdict 'no-answer' -Detail ('the proxy: {0}' -f $opened.Detail)
    }
    try {
        $stream = $opened.Client.GetStream()
        $stream.ReadTimeout = $Milliseconds
        $stream.WriteTimeout = $Milliseconds
        Send-Request -Stream $stream -Line (Get-RequestLine @row -Path $Path)
        $answer = Read-Answer -Stream $stream
        if ($answer.Status -eq 0) {
            return New-Result @row -Verdict 'no-answer' -Detail 'the answer is not HTTP'
        }
        if ($via -eq 'GET') { return Test-Page -Answer $answer -Row $row }
        $verdict = Get-TunnelVerdict -Status $answer.Status
        if ($verdict -eq 'ok' -and $Port -eq 443) {
            return Test-Certificate -Stream $stream -Name $Name -Port $Port
        }
        $word = Get-ErrorWord -Header $answer.Header
        New-Result @row -Verdict $verdict -Detail ('HTTP {0}{1}' -f $answer.Status, $word)
    }
    catch {
        $message = $_.Exception.GetBaseException().Message
        New-Result @row -Verdict 'no-answer' -Detail $message
    }
    finally {
        $opened.Client.Close()
    }
}

# Past the proxy: it must be refused, and at once.
function Test-Direct {
    param([string] $Name, [int] $Port)

    $row = @{ Name = $Name; Port = $Port; Via = 'direct' }
    $opened = Open-Connection -Name $Name -Port $Port
    if ($null -ne $opened.Client) {
        $opened.Client.Close()
        return New-Result @row -Verdict 'goes-around'
    }
    if ($opened.Problem -eq 'unanswered') {
        return New-Result @row -Verdict 'silently-dropped' -Detail $opened.Detail
    }
    if ($opened.Problem -eq 'unknown') {
        return New-Result @row -Verdict 'not-testable' -Detail $opened.Detail -Needed $true
    }
    if ($opened.Problem -eq 'unresolved') {
        return New-Result @row -Verdict 'ok' -Detail 'does not resolve here: nothing goes directly'
    }
    New-Result @row -Verdict 'ok' -Detail ('refused: {0}' -f $opened.Detail)
}

function New-Endpoint {
    param([string] $Name, [string] $Port, [string] $Path = '/', [switch] $Needed)

    $ports = foreach ($part in $Port -split ' ') {
        $ends = @($part -split '-')
        ([int] $ends[0])..([int] $ends[$ends.Count - 1])
    }
    @{ Name = $Name; Port = @($ports); Path = $Path; Needed = [bool] $Needed }
}

# The names to test for an endpoint: itself, or for a wildcard those that were given.
function Get-TestedName {
    param([string] $Name)

    if (-not $Name.StartsWith('*.')) { return $Name }
    $TestName | Where-Object { $_.EndsWith($Name.Substring(1)) }
}

# As text, because powershell -File hands "1,20" on as one word, and [int] would make 120 of it.
function Get-Milliseconds {
    if ($TimeoutSeconds -notmatch '^(?:[1-9][0-9]?|1[01][0-9]|120)\z') {
        throw ('-TimeoutSeconds {0}: no number of 1 to 120' -f $TimeoutSeconds)
    }
    1000 * [int] $TimeoutSeconds
}

function Assert-TestName {
    foreach ($name in $TestName) {
        if ($name -cnotmatch '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)+\z') {
            throw ('-TestName {0}: no host name' -f $name)
        }
        $wide = @($Required | Where-Object {
            $_.Name.StartsWith('*.') -and $name.EndsWith($_.Name.Substring(1))
        })
        if ($wide.Count -eq 0) { throw ('-TestName {0}: below no wildcard of this list' -f $name) }
    }
}

function Test-Endpoint {
    param([hashtable] $Endpoint)

    $names = @(Get-TestedName -Name $Endpoint.Name)
    $untested = @{ Name = $Endpoint.Name; Verdict = 'not-testable'; Needed = $Endpoint.Needed }
    foreach ($port in $Endpoint.Port) {
        if ($names.Count -eq 0) { New-Result @untested -Port $port -Via 'none' }
        foreach ($name in $names) {
            Test-ThroughProxy -Name $name -Port $port -Path $Endpoint.Path
        }
    }
    # Service Bus alone is tried past the proxy.
    if (-not $Endpoint.Name.StartsWith('*.servicebus.')) { return }
    foreach ($port in $DirectPort) {
        if ($names.Count -eq 0) { New-Result @untested -Port $port -Via 'direct' }
        foreach ($name in $names) { Test-Direct -Name $name -Port $port }
    }
}

# The voice of the proxy: Max-Forwards: 0 forbids it to ask anybody else (RFC 9110, 7.6.2), and one
# that does not know the header finds no such host (RFC 6761).
function Read-Voice {
    param([System.Net.Sockets.TcpClient] $Client)

    $stream = $Client.GetStream()
    $stream.ReadTimeout = $Milliseconds
    $stream.WriteTimeout = $Milliseconds
    Send-Request -Stream $stream -Line @(
        'OPTIONS http://preflight.invalid/ HTTP/1.1'
        'Host: preflight.invalid'
        'Max-Forwards: 0'
        'Connection: close'
    )
    Read-Answer -Stream $stream
}

# If the proxy itself does not answer, that is the one answer.
function Test-Proxy {
    $row = @{ Name = $ProxyHost; Port = $ProxyPort; Via = 'proxy' }
    $opened = Open-Connection -Name $ProxyHost -Port $ProxyPort
    if ($null -eq $opened.Client) {
        $isUnresolved = @('unresolved', 'unknown') -contains $opened.Problem
        $verdict = if ($isUnresolved) { 'unresolved' } else { 'no-answer' }
        return New-Result @row -Verdict $verdict -Detail $opened.Detail
    }
    $silent = 'it takes connections but does not answer'
    try {
        $answer = Read-Voice -Client $opened.Client
        if ($answer.Status -eq 0) { return New-Result @row -Verdict 'no-answer' -Detail $silent }
        $Voice.Server = [string] $answer.Header['server']
    }
    catch {
        $message = $_.Exception.GetBaseException().Message
        New-Result @row -Verdict 'no-answer' -Detail ('{0}: {1}' -f $silent, $message)
    }
    finally {
        $opened.Client.Close()
    }
}

function Test-All {
    $broken = @(Test-Proxy)
    if ($broken.Count -gt 0) { return $broken }
    $done = 0
    foreach ($endpoint in $Required) {
        $percent = [int] (100 * $done / $Required.Count)
        Write-Progress -Activity 'Preflight' -Status $endpoint.Name -PercentComplete $percent
        Test-Endpoint -Endpoint $endpoint
        $done++
    }
    Write-Progress -Activity 'Preflight' -Completed
}

# Only SYSTEM, administrators and Network Service get into it: what lies there is run.
function New-PrivateFolder {
    $name = 'Temp\rangewarden-{0}' -f [guid]::NewGuid().ToString('N')
    $folder = Join-Path -Path $env:SystemRoot -ChildPath $name
    $null = New-Item -Path $folder -ItemType 'Directory'
    $access = Get-Acl -LiteralPath $folder
    $access.SetAccessRuleProtection($true, $false)
    foreach ($sid in @('S-1-5-18', 'S-1-5-32-544', $NetworkService)) {
        $who = New-Object -TypeName 'System.Security.Principal.SecurityIdentifier' -ArgumentList $sid
        $type = 'System.Security.AccessControl.FileSystemAccessRule'
        $rule = New-Object -TypeName $type -ArgumentList @(
            $who, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow'
        )
        $access.AddAccessRule($rule)
    }
    Set-Acl -LiteralPath $folder -AclObject $access
    $folder
}

# Every value is checked before: none has a space or a quote in it.
function Get-TaskArgument {
    param([string] $Folder)

    $words = @(
        '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass'
        '-File', ('"{0}\preflight.ps1"' -f $Folder)
        '-Proxy', ('"{0}"' -f $Proxy)
        '-TimeoutSeconds', $TimeoutSeconds
        '-ResultPath', ('"{0}\result.json"' -f $Folder)
    )
    if ($TestName.Count -gt 0) { $words += @('-TestName', ('"{0}"' -f ($TestName -join ','))) }
    $words -join ' '
}

# The cmdlets of a module do not see our $ErrorActionPreference: each call says it itself.
function Register-Preflight {
    param([string] $Folder, [string] $Task)

    $shell = '{0}\System32\WindowsPowerShell\v1.0\powershell.exe' -f $env:SystemRoot
    $run = @{ Execute = $shell; Argument = Get-TaskArgument -Folder $Folder }
    $account = @{ UserId = $NetworkService; LogonType = 'ServiceAccount'; RunLevel = 'Limited' }
    $limits = @{ ExecutionTimeLimit = [TimeSpan]::FromHours(1) }
    $what = @{
        TaskName  = $Task
        Action    = New-ScheduledTaskAction @run -ErrorAction Stop
        Principal = New-ScheduledTaskPrincipal @account -ErrorAction Stop
        Settings  = New-ScheduledTaskSettingsSet @limits -ErrorAction Stop
    }
    $null = Register-ScheduledTask @what -ErrorAction Stop
}

function Test-AsNetworkService {
    $folder = New-PrivateFolder
    $task = Split-Path -Path $folder -Leaf
    try {
        Copy-Item -LiteralPath $PSCommandPath -Destination ('{0}\preflight.ps1' -f $folder)
        Register-Preflight -Folder $folder -Task $task
        Start-ScheduledTask -TaskName $task -ErrorAction Stop
        Wait-Result -Folder $folder -Task $task
    }
    finally {
        Unregister-ScheduledTask -TaskName $task -Confirm:$false -ErrorAction SilentlyContinue
        Remove-Item -LiteralPath $folder -Recurse -Force
    }
}

function Wait-Result {
    param([string] $Folder, [string] $Task)

    $result = Join-Path -Path $Folder -ChildPath 'result.json'
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($watch.Elapsed.TotalMinutes -lt 60) {
        Start-Sleep -Milliseconds 500
        # Asked before looking for the result: it is there when the task has ended.
        $state = (Get-ScheduledTask -TaskName $Task -ErrorAction Stop).State
        if (Test-Path -LiteralPath $result) {
            return Get-Content -LiteralPath $result -Raw -Encoding 'UTF8' | ConvertFrom-Json
        }
        if ($state -eq 'Ready' -and $watch.Elapsed.TotalSeconds -gt 10) { break }
    }
    $code = (Get-ScheduledTaskInfo -TaskName $Task -ErrorAction Stop).LastTaskResult
    throw ('The task of Network Service ended without a result, code {0}' -f $code)
}

function Assert-Administrator {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $me = [System.Security.Principal.WindowsPrincipal] $identity
    if (-not $me.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw '-AsNetworkService needs an elevated PowerShell.'
    }
}

function Show-Result {
    param([object[]] $Row)

    if ($Json) {
        ConvertTo-Json -InputObject $Row -Depth 3
        return
    }
    $columns = @('Verdict', 'Name', 'Port', 'Via', 'Detail')
    $Row | Format-Table -Property $columns -AutoSize | Out-String -Width 250
    foreach ($verdict in @($Row | ForEach-Object { $_.Verdict } | Select-Object -Unique)) {
        if ($verdict -ne 'ok') { '{0}: {1}' -f $verdict, $Sentence[$verdict] }
    }
}

# What is missing for a result that is well, and which names to give for it.
function Show-Untested {
    param([object[]] $Row, [int] $Bad)

    if ($Row.Count -eq 0) { return }
    $names = @($Row | ForEach-Object { $_.Name } | Select-Object -Unique)
    $start = if ($Bad -eq 0) { 'Nothing is wrong, but needed' } else { 'Also needed' }
    '{0} and not tested: {1}' -f $start, ($names -join ', ')
    $wide = @($names | Where-Object { $_.StartsWith('*.') } | ForEach-Object {
        'NAME{0}' -f $_.Substring(1)
    })
    if ($wide.Count -gt 0) { 'Give a host below each: -TestName {0}' -f ($wide -join ',') }
}

# What this list requires.
$Required = @(
    New-Endpoint -Name '*.relay.example' -Port '443' -Needed
    New-Endpoint -Name 'crl.example' -Port '80'
    New-Endpoint -Name 'login.example' -Port '443'
    New-Endpoint -Name 'relay.example' -Port '443'
    New-Endpoint -Name 'trust.example' -Port '80 443' -Path '/roots'
)

$Milliseconds = Get-Milliseconds
$Proxy = Assert-Proxy -Value $Proxy
$null = $Proxy -match '^http://(.+):([0-9]+)$'
$ProxyHost = $Matches[1]
$ProxyPort = [int] $Matches[2]

# powershell -File hands "a,b" on as one word.
$TestName = @($TestName | ForEach-Object { $_.ToLowerInvariant() -split ',' })
Assert-TestName

if ($AsNetworkService) {
    Assert-Administrator
    $rows = @(Test-AsNetworkService | ForEach-Object { $_ })
}
else {
    $rows = @(Test-All)
}

if ($ResultPath -ne '') {
    # Renamed when it is whole: somebody waits for it.
    $partial = '{0}.partial' -f $ResultPath
    ConvertTo-Json -InputObject $rows -Depth 3 | Set-Content -LiteralPath $partial -Encoding 'UTF8'
    Move-Item -LiteralPath $partial -Destination $ResultPath
    exit 0
}

Show-Result -Row $rows
$open = @($rows | Where-Object { $_.Verdict -eq 'not-testable' -and $_.Needed })
$bad = @($rows | Where-Object { $_.Verdict -ne 'ok' -and $_.Verdict -ne 'not-testable' })
if (-not $Json) {
    $untested = @($rows | Where-Object { $_.Verdict -eq 'not-testable' })
    '{0} checks: {1} bad, {2} not testable' -f $rows.Count, $bad.Count, $untested.Count
    Show-Untested -Row $open -Bad $bad.Count
}
if ($bad.Count -gt 0 -or $open.Count -gt 0) { exit 1 }
exit 0
