/**
 * The script that edits the connector's .exe.config files: what both of its kinds share. Each kind
 * adds `Set-DefaultProxy` (what is written), `Test-DefaultProxy` (what must be there afterwards)
 * and `Set-WinHttpProxy` (what certificate checks use; true if that changed it).
 */
import { CONFIG_FILES, SERVICES } from './connector-services.ts'
import { WIN_HTTP } from './connector-winhttp.ts'
import { quoted } from './powershell.ts'

/** The files that are looked for, and the services that read them. */
export const CONFIG_SETTINGS = `
# Below %ProgramFiles%; the old names of the product come last.
$KnownFile = @(
${CONFIG_FILES.map(({ folder, file }) => `    ${quoted(`${folder}\\${file}`)}`).join('\n')}
)

# The connector and its updater, under both names of the product.
$ConnectorService = @(${SERVICES.map(quoted).join(', ')})

# All backups of one run carry its time, and -Undo takes a whole run back.
$Run = Get-Date -Format 'yyyyMMddTHHmmss'
$BackupName = '{0}.{1}.rangewarden.bak'

# The WinHTTP proxy of this host: certificate checks use it and do not read the .exe.config. Kept in
# the registry as it is, because netsh shows it in the language of the host; its backups too, where
# only administrators write.
$WinHttpKey = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections'
$WinHttpValue = 'WinHttpSettings'
$BackupKey = 'HKLM:\\SOFTWARE\\Rangewarden\\ConnectorConfig'
`

export const CONFIG_FUNCTIONS = String.raw`
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

${WIN_HTTP}
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
`

/** Runs it all; a failure takes back what this run did. */
export const CONFIG_MAIN = String.raw`
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
`
