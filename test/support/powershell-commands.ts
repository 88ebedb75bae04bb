/**
 * The commands our scripts may call, with the parameters they may give them (Microsoft's reference
 * of each module): a name that is misspelt is found without PowerShell.
 */

/** Variables that PowerShell sets. */
export const AUTOMATIC: readonly string[] = [
  '_',
  'args',
  'false',
  'matches',
  'null',
  'psboundparameters',
  'pscmdlet',
  'pscommandpath',
  'psscriptroot',
  'pshome',
  'psversiontable',
  'true',
  'erroractionpreference',
  'warningpreference',
  'whatifpreference',
  'progresspreference',
  'lastexitcode',
]

/** Programs of Windows, called with `&`. */
export const PROGRAMS: ReadonlySet<string> = new Set(['pktmon.exe', 'netsh.exe'])

const COMMON = 'ErrorAction WarningAction ErrorVariable OutVariable Verbose WhatIf Confirm'

const PARAMETERS: Readonly<Record<string, string>> = {
  'Set-StrictMode': 'Version',
  'New-Object': 'TypeName ArgumentList Property',
  'New-NetFirewallRule': '',
  'Get-NetFirewallRule': 'PolicyStore Group Name DisplayName',
  'Remove-NetFirewallRule': 'InputObject Name Group PolicyStore',
  'Get-NetFirewallProfile': 'PolicyStore Name',
  'Where-Object': 'FilterScript',
  'ForEach-Object': 'Process',
  'Select-Object': 'Property First Last Unique ExpandProperty',
  'Sort-Object': 'Property Descending Unique',
  'Group-Object': 'Property',
  'Format-Table': 'Property AutoSize Wrap',
  'Out-String': 'Width',
  'Out-Null': '',
  'Write-Warning': 'Message',
  'Write-Verbose': 'Message',
  'Write-Error': 'Message',
  'Write-Host': 'Object',
  'Write-Progress': 'Activity Status PercentComplete Completed',
  'ConvertTo-Json': 'InputObject Depth Compress',
  'Join-Path': 'Path ChildPath',
  'Split-Path': 'Path Parent Leaf',
  'Resolve-Path': 'LiteralPath',
  'Test-Path': 'Path LiteralPath PathType',
  'New-Item': 'Path ItemType Force',
  'Get-ChildItem': 'LiteralPath Path Filter File',
  'Copy-Item': 'LiteralPath Destination',
  'Move-Item': 'LiteralPath Destination Force',
  'Remove-Item': 'LiteralPath Force Recurse',
  'Get-Content': 'LiteralPath Raw Encoding',
  'Set-Content': 'LiteralPath Encoding',
  'Get-Acl': 'LiteralPath',
  'Set-Acl': 'LiteralPath AclObject',
  'ConvertFrom-Json': '',
  'Get-Date': 'Format',
  'Get-Item': 'LiteralPath Path',
  'Get-ItemProperty': 'LiteralPath Path Name',
  'New-ItemProperty': 'LiteralPath Path Name Value PropertyType Force',
  'Set-ItemProperty': 'LiteralPath Path Name Value',
  'Remove-ItemProperty': 'LiteralPath Path Name',
  'Get-Service': 'Name',
  'Start-Service': 'Name InputObject',
  'Stop-Service': 'Name InputObject Force',
  'Restart-Service': 'Name InputObject Force',
  'Start-Sleep': 'Seconds Milliseconds',
  'Get-Command': 'Name CommandType',
  'Get-CimInstance': 'ClassName Filter',
  'New-ScheduledTaskAction': 'Execute Argument WorkingDirectory',
  'New-ScheduledTaskPrincipal': 'UserId LogonType RunLevel',
  'New-ScheduledTaskSettingsSet':
    'ExecutionTimeLimit AllowStartIfOnBatteries DontStopIfGoingOnBatteries',
  'Register-ScheduledTask': 'TaskName Action Principal Settings Description',
  'Start-ScheduledTask': 'TaskName',
  'Stop-ScheduledTask': 'TaskName',
  'Get-ScheduledTask': 'TaskName',
  'Get-ScheduledTaskInfo': 'TaskName',
  'Unregister-ScheduledTask': 'TaskName',
}

export const CMDLETS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(PARAMETERS).map(([name, parameters]) => [
    name,
    new Set(`${parameters} ${COMMON}`.toLowerCase().split(' ')),
  ]),
)
