/**
 * Whose answer it is that a proxy gives, and what it means: src/preflight/verdicts.ts in PowerShell.
 * The patterns are what .NET and JavaScript read alike, and the verdicts are made of comparisons
 * alone, so that a test can hold both to the same answers.
 */
export const PREFLIGHT_ANSWERS = String.raw`
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
`
