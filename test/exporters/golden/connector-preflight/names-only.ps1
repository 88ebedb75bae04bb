#Requires -Version 5.1

# Rangewarden allowlist names.azuregovernment, cloud AzureGovernment, serial 7, snapshot
# public-20251028-3f9a2c1e.

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
How long each answer is waited for.

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

    [ValidateRange(1, 120)]
    [int] $TimeoutSeconds = 10,

    [switch] $Json,

    [switch] $AsNetworkService,

    [string] $ResultPath = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Milliseconds = 1000 * $TimeoutSeconds
$LineEnd = [string] [char] 13 + [char] 10
$CertificateType = 'System.Security.Cryptography.X509Certificates.X509Certificate2'

# The account of the connector, by its well-known number: its name differs between languages.
$NetworkService = 'S-1-5-20'

# Addresses of names, as this host resolves them, and why it could not tell.
$Resolved = @{}
$Unknown = @{}

# Service Bus tries these directly before it uses 443 through the proxy.
$DirectPort = @(5671, 9350, 9352)

$Sentence = @{
    'ok' = 'Reached.'
    'proxy-authentication' = 'The proxy wants authentication (407), which the connector cannot give: let it pass without.'
    'policy-refused' = 'The proxy''s policy refuses it (403): allow it for the connector.'
    'unreachable' = 'The proxy cannot reach or resolve it (500, 502, 503).'
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

function Assert-TestName {
    foreach ($name in $TestName) {
        if ($name -notmatch '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)+$') {
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

# If the proxy itself does not answer, that is the one answer.
function Test-Proxy {
    $opened = Open-Connection -Name $ProxyHost -Port $ProxyPort
    if ($null -ne $opened.Client) {
        $opened.Client.Close()
        return
    }
    $isUnresolved = @('unresolved', 'unknown') -contains $opened.Problem
    $verdict = if ($isUnresolved) { 'unresolved' } else { 'no-answer' }
    $row = @{ Name = $ProxyHost; Port = $ProxyPort; Via = 'proxy' }
    New-Result @row -Verdict $verdict -Detail $opened.Problem
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
    New-Endpoint -Name '*.relay.example' -Port '443 8080 10100-10120' -Needed
    New-Endpoint -Name 'crl.example' -Port '80'
    New-Endpoint -Name 'login.example' -Port '443'
)

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
