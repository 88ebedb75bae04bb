#Requires -Version 5.1
#Requires -RunAsAdministrator

# Rangewarden allowlist v4-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.
# It admits 262,145 IPv4 addresses and 0 IPv6 addresses, and any Azure tenant may hold any of them:
# limit the rule to the connectors as sources and to ports 443 and 80.
# No address of this list is known to cover these required names: crl.example.

<#
.SYNOPSIS
Replaces the outbound allow rules of one Rangewarden allowlist in Windows Firewall.

.DESCRIPTION
Adds rules that allow TCP to ports 80 and 443 of the networks below, then removes all other rules of
the same group. If a rule cannot be added, the old rules stay as they are.

Windows lets everything out unless the profile's default outbound action is Block, and then these
rules are what is let out to these networks. A block rule wins over an allow rule.

.PARAMETER Remove
Removes all rules of this list and adds none.

.EXAMPLE
powershell -NoProfile -File .\app-proxy-ip.ps1 -WhatIf
#>

[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $Remove
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Group = 'Rangewarden v4-list'
$Description = 'Rangewarden allowlist v4-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.'

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

function Add-AllowRule {
    param([int] $Number, [string[]] $RemoteAddress)

    Add-Rule -DisplayName ('{0} {1}' -f $Group, $Number) -Match @{
        Action        = 'Allow'
        RemotePort    = @('80', '443')
        RemoteAddress = $RemoteAddress
    }
}

if (-not $PSCmdlet.ShouldProcess($Group, 'Replace or remove outbound rules')) { return }
if ($Remove) {
    Remove-RuleGroup
    return
}

Update-RuleGroup {
    Add-AllowRule -Number 1 -RemoteAddress @(
        '20.0.0.0/14'
        '20.8.0.7/32'
    )
}

if (@(Get-BlockingProfile).Count -eq 0) {
    Write-Warning 'No profile blocks outbound by default: these rules allow what is allowed anyway.'
}
