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
  'policy-refused': "The proxy's policy refuses it (403): allow it for the connector.",
  unreachable: 'The proxy cannot reach or resolve it (500, 502, 503).',
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

# A tunnel is there or not. A page that answers a GET with 404 has been reached all the same.
function Get-StatusVerdict {
    param([int] $Status, [string] $Via)

    if ($Status -eq 0) { return 'no-answer' }
    if ($Status -eq 407) { return 'proxy-authentication' }
    if ($Status -eq 403) { return 'policy-refused' }
    if ($Status -ge 500) { return 'unreachable' }
    if ($Via -eq 'GET' -or ($Status -ge 200 -and $Status -lt 300)) { return 'ok' }
    'policy-refused'
}

# Whether a chain ends in a public authority. That this host trusts it says nothing: a company's
# inspecting authority is trusted too. So: a root we know; or one that Windows itself fetched as a
# third-party root (AuthRoot), where company authorities do not belong; or, if the root is not on
# this host, one whose name is that of a root we know.
function Test-PublicChain {
    param([object[]] $Chain)

    $top = $Chain[$Chain.Count - 1]
    if ($PublicRoot.ContainsKey($top.Thumbprint)) { return $true }
    if (Test-Path -LiteralPath ('Cert:\LocalMachine\AuthRoot\{0}' -f $top.Thumbprint)) {
        return $true
    }
    if ($top.Subject -eq $top.Issuer) { return $false }
    @($PublicRoot.Values | Where-Object { $top.Issuer -like ('CN={0},*' -f $_) }).Count -gt 0
}

function Test-Certificate {
    param([System.IO.Stream] $Stream, [string] $Name, [int] $Port)

    $row = @{ Name = $Name; Port = $Port; Via = 'CONNECT' }
    $chain = @(Read-Certificate -Stream $Stream -Name $Name)
    if ($chain.Count -eq 0) { return New-Result @row -Verdict 'no-answer' -Detail 'no certificate' }
    $verdict = if (Test-PublicChain -Chain $chain) { 'ok' } else { 'inspected' }
    New-Result @row -Verdict $verdict -Detail ('issuer: {0}' -f $chain[0].Issuer)
}

# CONNECT as the connector does; port 80 is asked by GET, since many proxies tunnel to 443 alone.
function Get-RequestLine {
    param([string] $Name, [int] $Port, [string] $Via, [string] $Path)

    if ($Via -eq 'GET') {
        return @(
            ('GET http://{0}{1} HTTP/1.1' -f $Name, $Path)
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
        return New-Result @row -Verdict 'no-answer' -Detail ('the proxy: {0}' -f $opened.Problem)
    }
    try {
        $stream = $opened.Client.GetStream()
        $stream.ReadTimeout = $Milliseconds
        $stream.WriteTimeout = $Milliseconds
        Send-Request -Stream $stream -Line (Get-RequestLine @row -Path $Path)
        $status = Read-Status -Stream $stream
        $verdict = Get-StatusVerdict -Status $status -Via $via
        if ($verdict -eq 'ok' -and $Port -eq 443) {
            return Test-Certificate -Stream $stream -Name $Name -Port $Port
        }
        $detail = if ($status -eq 0) { '' } else { 'HTTP {0}' -f $status }
        # Only the proxy refuses a tunnel; a GET may have been refused by the site behind it.
        if ($via -eq 'GET' -and $status -eq 403) { $detail += ', or from the site itself' }
        New-Result @row -Verdict $verdict -Detail $detail
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
    if ($opened.Problem -eq 'timeout') { return New-Result @row -Verdict 'silently-dropped' }
    if ($opened.Problem -eq 'unknown') {
        return New-Result @row -Verdict 'not-testable' -Detail $Unknown[$Name] -Needed $true
    }
    if ($opened.Problem -eq 'unresolved') {
        return New-Result @row -Verdict 'ok' -Detail 'does not resolve here: nothing goes directly'
    }
    New-Result @row -Verdict 'ok' -Detail ('refused: {0}' -f $opened.Problem)
}
`
