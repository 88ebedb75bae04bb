/**
 * The WinHTTP proxy of the host, read and restored in the registry and set by netsh, for a script
 * that sets `$WinHttpKey`, `$WinHttpValue`, `$BackupKey` and `$Run`.
 */
export const WIN_HTTP = String.raw`function Get-WinHttpSetting {
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
`
