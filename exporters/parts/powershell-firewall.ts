/**
 * Rules of Windows Firewall that replace those of the load before, for scripts that set `$Group`.
 *
 * The cmdlets of the NetSecurity module do not see the caller's preferences ($ErrorActionPreference,
 * $WhatIfPreference), as no function of a module does: each call says -ErrorAction itself, and the
 * scripts ask ShouldProcess once.
 */
export const RULE_GROUP = String.raw`
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
`
