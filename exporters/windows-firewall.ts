/**
 * Outbound allow rules of Windows Firewall, as a PowerShell script that replaces those of the load
 * before. A rule holds at most 1,000 networks, all of one family.
 */
import { FAMILIES } from '../src/core/address.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { identity } from './head.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'
import { RULE_GROUP } from './parts/powershell-firewall.ts'
import { quoted, scriptStart, STRICT } from './parts/powershell.ts'

/** IPBan cuts its rules there and says "do not change"; Microsoft documents no number. */
const PER_RULE = 1_000

export const windowsFirewall: Exporter = {
  name: 'windows-firewall',
  summary: 'Windows Firewall: a PowerShell script that replaces outbound allow rules',
  group: 'packet-filter',
  consumer: 'Windows Firewall with Advanced Security, by Windows PowerShell 5.1 or PowerShell 7',
  proof: {
    by: 'grammar',
    with: 'tree-sitter-powershell 0.26.4 and a reader of our own; no PowerShell and no Windows has run it',
  },
  guide: `\
Run it in an elevated PowerShell on the host: \`powershell -NoProfile -File app-proxy-ip.ps1\`. It adds outbound rules
that allow TCP to ports 80 and 443 of the list's networks, at most 1,000 networks in a rule (the number IPBan uses;
Microsoft documents none), all of them in the group \`Rangewarden NAME\`. \`-WhatIf\` says what it would do.

Allow rules limit nothing by themselves: Windows lets everything out unless the profile's default outbound action is
Block (\`Set-NetFirewallProfile -DefaultOutboundAction Block\`), and the script warns where it is not. Before you change
it, allow what else the host needs, DNS and the domain first. A block rule always wins over these.

**Replaces** without a gap: rules are added first, then every other rule of the group is removed; if one cannot be
added, those of this load are removed and the old ones stay. \`-Remove\` takes all rules of the list away. Rules that
group policy brings are not touched. That Windows takes 1,000 networks in every rule is unverified.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'ps1',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  *render(input) {
    yield scriptStart(input, { says: 'all', admin: true, help: HELP })
    yield PARAMETERS + STRICT
    yield settings(input)
    yield RULE_GROUP + FUNCTIONS
    yield* rules(input)
    yield WARNING
  },
}

function settings(input: ExportInput): string {
  return `
$Group = ${quoted(`Rangewarden ${input.name}`)}
$Description = ${quoted(identity(input))}
`
}

function* rules(input: ExportInput): Iterable<string> {
  yield '\nUpdate-RuleGroup {\n'
  let number = 0
  for (const family of FAMILIES) {
    const texts = textsOf(ofFamily(input.prefixes, family))
    for (let first = 0; first < texts.length; first += PER_RULE) {
      number++
      yield `    Add-AllowRule -Number ${number} -RemoteAddress @(\n`
      yield lines(texts.slice(first, first + PER_RULE), "        '", "'\n")
      yield '    )\n'
    }
  }
  yield '}\n'
}

const HELP = `\
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
powershell -NoProfile -File .\\app-proxy-ip.ps1 -WhatIf
`

const PARAMETERS = `
[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $Remove
)

`

const FUNCTIONS = `
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
`

const WARNING = `
if (@(Get-BlockingProfile).Count -eq 0) {
    Write-Warning 'No profile blocks outbound by default: these rules allow what is allowed anyway.'
}
`
