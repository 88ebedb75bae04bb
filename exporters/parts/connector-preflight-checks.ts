/** What the preflight asks and how it judges the answers, as the article's troubleshooting does. */

/**
 * Roots that Microsoft's and DigiCert's servers chain to, by SHA-1 thumbprint as Windows shows it
 * (computed from the certificates of Debian's ca-certificates, 2023).
 */
export const PUBLIC_ROOTS: Readonly<Record<string, string>> = {
  A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436: 'DigiCert Global Root CA',
  DF3C24F9BFD666761B268073FE06D1CC8D4F82A4: 'DigiCert Global Root G2',
  '7E04DE896A3E666D00E687D33FFAD93BE83D349E': 'DigiCert Global Root G3',
  '5FB7EE0633E259DBAD0C4C9AE6D38F1A61C7DC25': 'DigiCert High Assurance EV Root CA',
  A78849DC5D7C758C8CDE399856B3AAD0B2A57135: 'DigiCert TLS RSA4096 Root G5',
  '17F3DE5E9F0F19E98EF61F32266E20C407AE30EE': 'DigiCert TLS ECC P384 Root G5',
  '73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74': 'Microsoft RSA Root Certificate Authority 2017',
  '999A64C37FF47D9FAB95F14769891460EEC4C3C5': 'Microsoft ECC Root Certificate Authority 2017',
}

/** One word each, shared with the command line's preflight, and the sentence that goes with it. */
export const VERDICTS = {
  ok: 'Reached.',
  'proxy-authentication':
    'The proxy wants authentication (407), which the connector cannot give: let it pass without.',
  'policy-refused':
    "The proxy's policy refuses it (403), or sends to a page of its own: allow it for the connector.",
  unreachable:
    'The proxy cannot reach or resolve it (500, 502, 503), or its certificate is not valid for it.',
  inspected:
    'Its TLS certificate is from no public authority: something inspects. Exempt the connector.',
  'goes-around': 'A direct connection succeeds: traffic will go around the proxy. Refuse it.',
  'silently-dropped':
    'A direct connection is dropped in silence, which delays the connector: refuse it with a reset.',
  'not-testable':
    'Not tested: a wildcard needs a name below it (-TestName), a direct connection an answer of DNS.',
  unresolved: 'The name of the proxy does not resolve here.',
  'no-answer': 'No answer in time, or none that is one.',
} as const

export const PREFLIGHT_CHECKS = String.raw`
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
`
