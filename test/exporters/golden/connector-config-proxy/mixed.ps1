#Requires -Version 5.1
#Requires -RunAsAdministrator

# Rangewarden, made for the list synthetic-list.

<#
.SYNOPSIS
Tells the connector, its updater and WinHTTP which proxy to use; can be undone.

.DESCRIPTION
Sets defaultProxy in the .exe.config files of the connector and its updater, sets the WinHTTP proxy
that certificate checks use, keeps a copy of each file and of the WinHTTP setting, and restarts both
services. This list is not read for it: the setting is about the connector, not about addresses.

.PARAMETER Proxy
The proxy, written http://HOST:PORT.

.PARAMETER KeepWinHttpProxy
Leaves the WinHTTP proxy of this host as it is.

.PARAMETER ConfigPath
The files, where they are in no folder of the product.

.PARAMETER NoRestart
Leaves the services running with the old setting.

.PARAMETER Undo
Takes back the latest run: the files and the WinHTTP proxy.

.EXAMPLE
powershell -NoProfile -File .\connector-config.ps1 -WhatIf
#>

[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Proxy = 'http://proxy.example:3128',

    [switch] $KeepWinHttpProxy,

    [string[]] $ConfigPath = @(),

    [switch] $NoRestart,

    [switch] $Undo
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Below %ProgramFiles%; the old names of the product come last.
$KnownFile = @(
    'Microsoft Entra private network connector\MicrosoftEntraPrivateNetworkConnectorService.exe.config'
    'Microsoft Entra private network connector Updater\MicrosoftEntraPrivateNetworkConnectorUpdaterService.exe.config'
    'Microsoft AAD App Proxy Connector\ApplicationProxyConnectorService.exe.config'
    'Microsoft AAD App Proxy Connector Updater\ApplicationProxyConnectorUpdaterService.exe.config'
    'Microsoft Azure AD App Proxy Connector\ApplicationProxyConnectorService.exe.config'
    'Microsoft Azure AD App Proxy Connector Updater\ApplicationProxyConnectorUpdaterService.exe.config'
)

# The connector and its updater, under both names of the product.
$ConnectorService = @('WAPCSvc', 'WAPCUpdaterSvc')

# All backups of one run carry its time, and -Undo takes a whole run back.
$Run = Get-Date -Format 'yyyyMMddTHHmmss'
$BackupName = '{0}.{1}.rangewarden.bak'

# The WinHTTP proxy of this host: certificate checks use it and do not read the .exe.config. Kept in
# the registry as it is, because netsh shows it in the language of the host; its backups too, where
# only administrators write.
$WinHttpKey = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections'
$WinHttpValue = 'WinHttpSettings'
$BackupKey = 'HKLM:\SOFTWARE\Rangewarden\ConnectorConfig'

$Change = 'Use the proxy {0}' -f $Proxy

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

# Every file that is named must be there. powershell -File hands "C:\a,C:\b" on as one word; any other
# comma is part of a path.
function Get-GivenFile {
    $paths = @($ConfigPath | ForEach-Object { $_ -split ',(?=[A-Za-z]:|\\\\)' })
    foreach ($path in $paths) {
        if ($path -eq '' -or -not (Test-Path -LiteralPath $path -PathType 'Leaf')) {
            throw ('-ConfigPath: no such file: {0}' -f $path)
        }
        $path
    }
}

# No host has the product under all of its names.
function Get-KnownFile {
    $files = @($KnownFile | ForEach-Object { Join-Path -Path $env:ProgramFiles -ChildPath $_ })
    $found = @($files | Where-Object { Test-Path -LiteralPath $_ -PathType 'Leaf' })
    if ($found.Count -eq 0) {
        throw ('No connector configuration here, looked for: {0}' -f ($files -join '; '))
    }
    $found
}

function Get-ConfigFile {
    $files = if ($ConfigPath.Count -gt 0) { @(Get-GivenFile) } else { @(Get-KnownFile) }
    $files | ForEach-Object { (Get-Item -LiteralPath $_).FullName }
}

function Read-Config {
    param([string] $Path)

    $document = New-Object -TypeName 'System.Xml.XmlDocument'
    $document.PreserveWhitespace = $true
    $document.XmlResolver = $null
    $document.Load($Path)
    if ($document.DocumentElement.LocalName -ne 'configuration') {
        throw ('{0} is no .NET configuration file' -f $Path)
    }
    $document
}

function Get-Child {
    param([System.Xml.XmlElement] $Parent, [string] $Name)

    $Parent.SelectSingleNode('*[local-name()="{0}"]' -f $Name)
}

# Appended at the end: configSections, where there is one, must stay the first.
function Get-OrAddChild {
    param([System.Xml.XmlElement] $Parent, [string] $Name)

    $child = Get-Child -Parent $Parent -Name $Name
    if ($null -eq $child) {
        $document = $Parent.OwnerDocument
        $child = $document.CreateElement($Name, $Parent.NamespaceURI)
        $null = $Parent.AppendChild($child)
        $null = $Parent.AppendChild($document.CreateWhitespace([Environment]::NewLine))
    }
    $child
}

# As the file was written: its byte order mark, or what its declaration names.
function Get-ConfigEncoding {
    param([string] $Path, [System.Xml.XmlDocument] $Document)

    $bytes = [System.IO.File]::ReadAllBytes($Path)
    if ($bytes[0] -eq 0xFF -and $bytes[1] -eq 0xFE) { return [System.Text.Encoding]::Unicode }
    if ($bytes[0] -eq 0xFE -and $bytes[1] -eq 0xFF) {
        return [System.Text.Encoding]::BigEndianUnicode
    }
    $hasMark = $bytes[0] -eq 0xEF -and $bytes[1] -eq 0xBB -and $bytes[2] -eq 0xBF
    $declaration = $Document.FirstChild -as [System.Xml.XmlDeclaration]
    $named = if ($null -eq $declaration) { '' } else { $declaration.Encoding }
    if ($hasMark -or $named -eq '' -or $named -eq 'utf-8') {
        return New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList $hasMark
    }
    [System.Text.Encoding]::GetEncoding($named)
}

# A temporary file beside it, then one rename: the service never reads half a file.
function Save-Config {
    param([string] $Path, [System.Xml.XmlDocument] $Document)

    $encoding = Get-ConfigEncoding -Path $Path -Document $Document
    $temporary = '{0}.{1}.tmp' -f $Path, $Run
    $writer = New-Object -TypeName 'System.IO.StreamWriter' -ArgumentList @(
        $temporary, $false, $encoding
    )
    try { $Document.Save($writer) } finally { $writer.Dispose() }
    [System.IO.File]::Replace($temporary, $Path, [NullString]::Value)
}

# False if the file says it already: nothing is backed up and nothing written.
function Edit-Config {
    param([string] $Path)

    $document = Read-Config -Path $Path
    if (Test-DefaultProxy -Root $document.DocumentElement) { return $false }

    $backup = $BackupName -f $Path, $Run
    if (Test-Path -LiteralPath $backup) { throw ('{0} is there already' -f $backup) }
    Copy-Item -LiteralPath $Path -Destination $backup

    Set-DefaultProxy -Root $document.DocumentElement
    Save-Config -Path $Path -Document $document
    $true
}

function Get-WinHttpSetting {
    $key = Get-Item -LiteralPath $WinHttpKey
    # No value is the default, direct: kept as no bytes.
    if ($key.GetValueNames() -notcontains $WinHttpValue) { return , [byte[]] @() }
    , [byte[]] $key.GetValue($WinHttpValue)
}

function Backup-WinHttpSetting {
    if (-not (Test-Path -LiteralPath $BackupKey)) { $null = New-Item -Path $BackupKey -Force }
    $backup = @{
        LiteralPath  = $BackupKey
        Name         = $Run
        Value        = Get-WinHttpSetting
        PropertyType = 'Binary'
    }
    $null = New-ItemProperty @backup
}

function Restore-WinHttpSetting {
    param([string] $Stamp)

    if (-not (Test-Path -LiteralPath $BackupKey)) { return }
    $key = Get-Item -LiteralPath $BackupKey
    if ($key.GetValueNames() -notcontains $Stamp) { return }
    $setting = [byte[]] $key.GetValue($Stamp)
    if ($setting.Length -gt 0) {
        Set-ItemProperty -LiteralPath $WinHttpKey -Name $WinHttpValue -Value $setting
    }
    elseif ((Get-WinHttpSetting).Length -gt 0) {
        Remove-ItemProperty -LiteralPath $WinHttpKey -Name $WinHttpValue
    }
    Remove-ItemProperty -LiteralPath $BackupKey -Name $Stamp
}

function Invoke-Netsh {
    param([string[]] $Argument)

    $said = & netsh.exe winhttp @Argument
    if ($LASTEXITCODE -ne 0) {
        throw ('netsh winhttp {0} failed: {1}' -f ($Argument -join ' '), ($said -join ' '))
    }
    $said -join [Environment]::NewLine
}

# Without the eight bytes at its head: a version, and what may count its changes.
function Get-WinHttpContent {
    $setting = Get-WinHttpSetting
    if ($setting.Length -le 8) { return '' }
    [System.BitConverter]::ToString($setting, 8)
}

# Set whatever is there: what netsh shows is in the language of the host, and a proxy for one protocol
# alone or another bypass list would pass for the right one. True if this changed it, and only then
# is there something to go back to.
function Edit-WinHttpSetting {
    param([string[]] $Argument)

    $before = Get-WinHttpContent
    Backup-WinHttpSetting
    $null = Invoke-Netsh -Argument $Argument
    if ((Get-WinHttpContent) -ne $before) { return $true }
    Remove-ItemProperty -LiteralPath $BackupKey -Name $Run
    $false
}

# Runs that can be taken back, the latest first.
function Get-BackupRun {
    param([string[]] $Path)

    $stamps = @()
    if (Test-Path -LiteralPath $BackupKey) {
        $stamps += @((Get-Item -LiteralPath $BackupKey).GetValueNames())
    }
    foreach ($file in $Path) {
        $names = Get-ChildItem -LiteralPath (Split-Path -Path $file -Parent) -File
        foreach ($name in $names) {
            if ($name.FullName -match '\.config\.(\d{8}T\d{6})\.rangewarden\.bak$') {
                $stamps += $Matches[1]
            }
        }
    }
    $stamps | Where-Object { $_ -match '^\d{8}T\d{6}$' } | Sort-Object -Unique -Descending
}

# The backup becomes the file again, so that the next -Undo takes back the run before.
function Restore-Run {
    param([string] $Stamp, [string[]] $Path)

    foreach ($file in $Path) {
        $backup = $BackupName -f $file, $Stamp
        if (Test-Path -LiteralPath $backup) {
            Move-Item -LiteralPath $backup -Destination $file -Force
        }
    }
    Restore-WinHttpSetting -Stamp $Stamp
}

function Restart-Connector {
    if ($NoRestart) { return }
    # Either may be missing or disabled: neither is a failure of this script.
    $services = @(Get-Service -Name $ConnectorService -ErrorAction 'SilentlyContinue')
    $problems = @()
    foreach ($service in $services) {
        if ($service.StartType -eq 'Disabled') { continue }
        try {
            Restart-Service -InputObject $service
        }
        catch {
            # The other one is not left behind for it.
            $problems += '{0} does not run: {1}' -f $service.Name, $_.Exception.Message
        }
    }
    if ($problems.Count -gt 0) { throw ($problems -join '; ') }
}

# The files first, so that the services find them as they were.
function Restore-FailedRun {
    param([string[]] $Path, [bool] $Restart)

    try {
        Restore-Run -Stamp $Run -Path $Path
    }
    catch {
        Write-Warning ('Not all is taken back, try -Undo: {0}' -f $_.Exception.Message)
    }
    if (-not $Restart) { return }
    try {
        Restart-Connector
    }
    catch {
        Write-Warning ('After taking the run back: {0}' -f $_.Exception.Message)
    }
}

function Assert-Result {
    param([string[]] $Path)

    foreach ($file in $Path) {
        $document = Read-Config -Path $file
        if (-not (Test-DefaultProxy -Root $document.DocumentElement)) {
            throw ('{0} does not say what was written to it' -f $file)
        }
    }
}

function Test-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-Child -Parent $Root -Name 'system.net'
    if ($null -eq $net) { return $false }
    $default = Get-Child -Parent $net -Name 'defaultProxy'
    if ($null -eq $default) { return $false }
    $given = Get-Child -Parent $default -Name 'proxy'
    if ($null -eq $given) { return $false }
    $default.GetAttribute('enabled') -ne 'false' -and
        $given.GetAttribute('proxyaddress') -eq $Proxy -and
        $given.GetAttribute('bypassonlocal') -eq 'True' -and
        $given.GetAttribute('usesystemdefault') -eq 'True' -and
        -not $given.HasAttribute('scriptLocation') -and
        -not $given.HasAttribute('autoDetect')
}

function Set-DefaultProxy {
    param([System.Xml.XmlElement] $Root)

    $net = Get-OrAddChild -Parent $Root -Name 'system.net'
    $default = Get-OrAddChild -Parent $net -Name 'defaultProxy'
    $default.RemoveAttribute('enabled')
    $given = Get-OrAddChild -Parent $default -Name 'proxy'
    $given.SetAttribute('proxyaddress', $Proxy)
    $given.SetAttribute('bypassonlocal', 'True')
    $given.SetAttribute('usesystemdefault', 'True')
    # A script or discovery would be asked before the address.
    $given.RemoveAttribute('scriptLocation')
    $given.RemoveAttribute('autoDetect')
}

# Looks for the proxy alone: netsh writes the words around it in the language of the host.
function Test-WinHttpProxy {
    param([string] $Endpoint)

    $shown = Invoke-Netsh -Argument @('show', 'proxy')
    $shown -match ('(?<![A-Za-z0-9.-]){0}(?![0-9])' -f [regex]::Escape($Endpoint))
}

function Set-WinHttpProxy {
    if ($KeepWinHttpProxy) { return $false }
    $endpoint = $Proxy -replace '^http://', ''
    $changed = Edit-WinHttpSetting -Argument @(
        'set', 'proxy', ('proxy-server={0}' -f $endpoint), 'bypass-list=<local>'
    )
    if (-not (Test-WinHttpProxy -Endpoint $endpoint)) {
        throw ('netsh winhttp show proxy does not show {0}' -f $endpoint)
    }
    $changed
}

$Proxy = Assert-Proxy -Value $Proxy

# A 32-bit process would see other folders and another WinHTTP setting than the connector does.
if (-not [Environment]::Is64BitProcess) { throw 'Run this in a 64-bit PowerShell.' }

$files = @(Get-ConfigFile)
$target = $files -join ', '

if ($Undo) {
    $runs = @(Get-BackupRun -Path $files)
    if ($runs.Count -eq 0) { throw 'There is no backup to go back to.' }
    $action = 'Take back the run of {0}' -f $runs[0]
    if (-not $PSCmdlet.ShouldProcess($target, $action)) { return }
    Restore-Run -Stamp $runs[0] -Path $files
    Restart-Connector
    'The run of {0} is taken back; {1} earlier ones are left.' -f $runs[0], ($runs.Count - 1)
    Invoke-Netsh -Argument @('show', 'proxy')
    return
}

if (-not $PSCmdlet.ShouldProcess($target, $Change)) { return }
$restarting = $false
try {
    $changed = @($files | Where-Object { Edit-Config -Path $_ })
    $winHttpChanged = Set-WinHttpProxy
    Assert-Result -Path $files
    if ($changed.Count -gt 0 -or $winHttpChanged) {
        $restarting = $true
        Restart-Connector
    }
}
catch {
    $failure = $_
    Restore-FailedRun -Path $files -Restart $restarting
    throw $failure
}

if (-not $restarting) { 'Nothing was to change, so no service is restarted.' }
'{0} of {1} files changed: {2}' -f $changed.Count, $files.Count, ($changed -join ', ')
Invoke-Netsh -Argument @('show', 'proxy')
