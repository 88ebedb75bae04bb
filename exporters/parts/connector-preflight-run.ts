/** The preflight's run: here, or as Network Service, whose rules are the ones that count. */
export const PREFLIGHT_RUN = String.raw`
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
`

/** After the endpoints. */
export const PREFLIGHT_MAIN = String.raw`
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
`
