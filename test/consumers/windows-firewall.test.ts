/** The script of Windows Firewall, read by PowerShell's grammar and as strictly as an auditor. */
import { expect, it } from 'vitest'
import { windowsFirewall } from '../../exporters/windows-firewall.ts'
import { exportInput, prefixes, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { networksOf, textOf } from '../support/plain-list.ts'
import { callsOf, literal, literalsOf, readScript, type Script } from '../support/powershell.ts'

const PER_RULE = 1_000

/** The networks of every rule, numbered without a gap, at most 1,000 and one family in each. */
function rulesOf(script: Script): string[][] {
  return callsOf(script, 'Add-AllowRule').map((call, index) => {
    expect([...call.given.keys()]).toEqual(['Number', 'RemoteAddress'])
    expect(call.given.get('Number')?.map(({ text }) => text)).toEqual([String(index + 1)])
    const networks = literalsOf(call, 'RemoteAddress')
    expect(networks.length).toBeGreaterThan(0)
    expect(networks.length).toBeLessThanOrEqual(PER_RULE)
    expect(new Set(networks.map((network) => network.includes(':'))).size).toBe(1)
    return networks
  })
}

function read(file: ExportFile): Script {
  const script = readScript(textOf(file))
  expect(script.parameters).toEqual(new Map([['Remove', undefined]]))
  const group = literal(script.settings.get('Group') ?? '')
  expect(group).toMatch(/^Rangewarden [a-z0-9][a-z0-9.-]*$/)
  return script
}

formatLaws({
  exporter: windowsFirewall,
  read: (file) => ({ addresses: networksOf(rulesOf(read(file)).flat()) }),
  words: (file) => read(file).comments.join(' '),
})

it('cuts rules after 1,000 networks, each family by itself', () => {
  const v4 = Array.from({ length: 2_001 }, (_, i) => `20.${i >> 7}.${(i & 127) * 2}.0/24`)
  const input = exportInput({ prefixes: prefixes(...v4, '2603:1030:7::/48') })
  const rules = rulesOf(read(renderText(windowsFirewall, input)))
  expect(rules.map((networks) => networks.length)).toEqual([1_000, 1_000, 1, 1])
})

it('names the group after the list, and never two lists alike', () => {
  const script = read(renderText(windowsFirewall, { ...SHAPES.mixed, name: 'hq.west-1' }))
  expect(script.settings.get('Group')).toBe("'Rangewarden hq.west-1'")
})

it('adds before it removes, and removes everything that is not of this load', () => {
  const text = renderText(windowsFirewall, SHAPES.mixed)
  const added = text.indexOf('& $AddRules')
  const removed = text.indexOf('$before | Remove-NetFirewallRule')
  expect(added).toBeGreaterThan(0)
  expect(removed).toBeGreaterThan(added)
})
