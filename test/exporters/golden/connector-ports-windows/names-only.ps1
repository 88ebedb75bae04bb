#Requires -Version 5.1
#Requires -RunAsAdministrator

# Rangewarden, made for the list names.azuregovernment.

<#
.SYNOPSIS
Refuses the connector's direct Service Bus ports on its own host, so that all traffic takes the proxy.

.DESCRIPTION
Blocks outbound TCP to the remote ports 5671, 9350 and 9352, for every program of this host. Windows
refuses a blocked connection at once, so the connector does not wait before it falls back to 443.

.PARAMETER AllowConnector
Also lets the programs of the connector's services out to its ports, at any address. Needed only
where the default outbound action is Block and no narrower rule lets them out.

.PARAMETER ProxyPort
Ports of the proxy, to which -AllowConnector lets the connector out as well.

.PARAMETER Remove
Removes all rules of this script and adds none.

.EXAMPLE
powershell -NoProfile -File .\connector-ports.ps1 -WhatIf
#>

[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $AllowConnector,

    [string[]] $ProxyPort = @(),

    [switch] $Remove
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Group = 'Rangewarden connector ports'
$Description = 'Rangewarden, made for the list names.azuregovernment.'

# Service Bus tries these directly before it uses 443 through the proxy.
$DirectPort = @('5671', '9350', '9352')

# What connectors of this list use; connectors of 1.5.132.0 and later need 80 and 443 alone.
$ConnectorPort = @('80', '443', '8080', '10100-10120')

# The connector and its updater.
$ConnectorService = @('WAPCSvc', 'WAPCUpdaterSvc')

# Rules are named after this load, so that they never meet the names of the load before.
$Load = [guid]::NewGuid().ToString('N')
$Added = New-Object -TypeName 'System.Collections.Generic.List[string]'

function Get-GroupRule {
    Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction Stop |
        Where-Object { $_.Group -eq $Group }
}

function Add-Rule {
    param([string] $DisplayName, [hashtable] $Match)

    $rule = @{
        Name        = 'rangewarden_{0}_{1}' -f $Load, $Added.Count
        DisplayName = $DisplayName
        Description = $Description
        Group       = $Group
        Direction   = 'Outbound'
        Protocol    = 'TCP'
        Profile     = 'Any'
        Enabled     = 'True'
        PolicyStore = 'PersistentStore'
        ErrorAction = 'Stop'
    }
    $null = New-NetFirewallRule @rule @Match
    $Added.Add($rule.Name)
}

# Adds first and removes afterwards: there is no moment without rules, and nothing of yesterday
# stays. If a rule cannot be added, those of this load go and the old ones stay.
function Update-RuleGroup {
    param([scriptblock] $AddRules)

    $before = @(Get-GroupRule)
    try {
        & $AddRules
    }
    catch {
        Get-GroupRule | Where-Object { $Added -contains $_.Name } |
            Remove-NetFirewallRule -ErrorAction Continue
        throw
    }
    if ($before.Count -gt 0) { $before | Remove-NetFirewallRule -ErrorAction Stop }

    $now = @(Get-GroupRule)
    if ($now.Count -ne $Added.Count) {
        throw ('{0}: {1} rules are in force, {2} were added' -f $Group, $now.Count, $Added.Count)
    }
    '{0}: {1} rules in force, {2} of the load before removed' -f $Group, $now.Count, $before.Count
}

function Remove-RuleGroup {
    $rules = @(Get-GroupRule)
    if ($rules.Count -gt 0) { $rules | Remove-NetFirewallRule -ErrorAction Stop }
    '{0}: {1} rules removed' -f $Group, $rules.Count
}

# Profiles that block what no rule allows, as they are in force (local and group policy together).
function Get-BlockingProfile {
    Get-NetFirewallProfile -PolicyStore 'ActiveStore' -ErrorAction Stop |
        Where-Object { $_.DefaultOutboundAction -eq 'Block' }
}

function Add-BlockRule {
    Add-Rule -DisplayName ('{0}: no direct Service Bus' -f $Group) -Match @{
        Action     = 'Block'
        RemotePort = $DirectPort
    }
}

# The programs as they are installed, which differ between the product's old and new name.
function Get-ConnectorProgram {
    foreach ($name in $ConnectorService) {
        $service = Get-CimInstance -ClassName 'Win32_Service' -Filter ("Name='{0}'" -f $name)
        if ($null -eq $service) { continue }
        if ($service.PathName -match '^"([^"]+)"' -or $service.PathName -match '^(.+?\.exe)') {
            $Matches[1]
        }
    }
}

# powershell -File hands "443,80" on as one word, and [int] would make the port 44380 of it.
function Get-ProxyPort {
    foreach ($port in @($ProxyPort | ForEach-Object { $_ -split ',' })) {
        if ($port -notmatch '^[1-9][0-9]{0,4}\z' -or [int] $port -gt 65535) {
            throw ('-ProxyPort {0}: no port of 1 to 65535' -f $port)
        }
        $port
    }
}

function Add-ConnectorRule {
    $programs = @(Get-ConnectorProgram)
    if ($programs.Count -eq 0) {
        throw ('-AllowConnector: none of the services {0} is installed here' -f
            ($ConnectorService -join ', '))
    }
    $ports = @($ConnectorPort) + $ProxyPort
    foreach ($program in $programs) {
        Add-Rule -DisplayName ('{0}: {1}' -f $Group, (Split-Path -Path $program -Leaf)) -Match @{
            Action     = 'Allow'
            RemotePort = @($ports | Select-Object -Unique)
            Program    = $program
        }
    }
}

$ProxyPort = @(Get-ProxyPort)
if (-not $PSCmdlet.ShouldProcess($Group, 'Replace or remove outbound rules')) { return }
if ($Remove) {
    Remove-RuleGroup
    return
}

Update-RuleGroup {
    Add-BlockRule
    if ($AllowConnector) { Add-ConnectorRule }
}

if (@(Get-BlockingProfile).Count -gt 0 -and -not $AllowConnector) {
    Write-Warning 'A profile blocks outbound by default: the connector needs rules that let it out.'
}
