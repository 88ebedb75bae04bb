/**
 * The commands in the documented grammar, run by a model of what the documentation says of object
 * groups: whole loads, repeated ones, and loads that broke off at every line.
 */
import { describe, expect, it } from 'vitest'
import { ciscoAsa } from '../../exporters/cisco-asa.ts'
import { asa, type Asa } from '../support/asa-model.ts'
import { exportInput, prefixes, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'

const OCTETS = String.raw`\d{1,3}(?:\.\d{1,3}){3}`
const NETWORK = new RegExp(`^(?:host (${OCTETS})|(${OCTETS}) (${OCTETS})|([0-9a-f:]+/\\d{1,3}))$`)

/** The network of a `network-object`, as lists write it. */
function networkOf(member: string): string {
  const [, host, address, mask, six] = NETWORK.exec(member) ?? []
  if (host !== undefined) return `${host}/32`
  if (six !== undefined) return six
  if (address === undefined || mask === undefined) throw new Error(`no network: "${member}"`)
  const bits = mask.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'))
  const length = bits.join('').lastIndexOf('1') + 1
  if (bits.join('') !== '1'.repeat(length).padEnd(32, '0') || length === 32) {
    throw new Error(`no mask of a network: "${mask}"`)
  }
  return `${address}/${length}`
}

const commandsOf = (file: ExportFile): readonly string[] => splitHead(file, '! ').entries

/** The one group that is not the LIVE or STAGE of another. */
function ruleGroup(commands: readonly string[]): string {
  const names = commands.flatMap((line) => /^object-group network (\S+)$/.exec(line)?.[1] ?? [])
  const [name, ...others] = new Set(names.filter((each) => !/-(LIVE|STAGE)$/.test(each)))
  if (name === undefined || others.length > 0) throw new Error('not one group for rules')
  return name
}

function load(device: Asa, commands: readonly string[]): string[] {
  return commands.flatMap((line) => device.run(line) ?? [])
}

formatLaws({
  exporter: ciscoAsa,
  read: (file) => {
    const device = asa()
    const commands = commandsOf(file)
    load(device, commands)
    return { addresses: networksOf(device.admitted(ruleGroup(commands)).map(networkOf)) }
  },
  words: (file) => splitHead(file, '! ').comments.join(' '),
})

describe('the model of the ASA', () => {
  it('neither removes nor empties a group that is used, and knows no other commands', () => {
    const device = asa()
    const naive = ['object-group network A', ' network-object host 20.0.0.1']
    expect(load(device, naive)).toEqual([])
    device.use('A')
    expect(device.run('no object-group network A')).toBe('A is being used')
    expect(load(device, ['object-group network A', ' no network-object host 20.0.0.1'])).toEqual([
      'A is being used and would be empty',
    ])
    expect(load(device, naive)).toEqual(['network-object host 20.0.0.1 already exists'])
    expect(device.admitted('A')).toEqual(['host 20.0.0.1'])
    expect(() => device.run('object-group service A')).toThrow('no command')
    expect(() => device.run(' network-object')).toThrow('no command')
  })
})

describe('cisco-asa: loads', () => {
  const GROUP = 'rangewarden-synthetic-list'
  const fileOf = (...texts: string[]): readonly string[] =>
    commandsOf(renderText(ciscoAsa, exportInput({ prefixes: prefixes(...texts) })))
  const TODAY = ['20.0.0.0/24', '20.0.4.0/22', '20.9.0.7/32', '2001:db8::/32']
  const yesterday = fileOf('10.0.0.0/8', '20.0.0.0/24', '20.0.2.0/24', '2001:db8:1::/48')
  const today = fileOf(...TODAY)
  const third = fileOf('20.0.0.0/24', '30.0.0.0/24')

  /** A device whose rules use the group since it first had networks. */
  function deviceAfter(...loads: (readonly string[])[]): Asa {
    const device = asa()
    for (const commands of loads) {
      for (const line of commands) {
        device.run(line)
        if (device.admitted(GROUP).length > 0) device.use(GROUP)
      }
    }
    return device
  }

  const admitted = (device: Asa): string[] => device.admitted(GROUP).map(networkOf).sort()

  /** Runs the file; whatever both the device and the file admit must stay admitted all along. */
  function loadWatched(device: Asa, commands: readonly string[]): string[] {
    const before = admitted(device)
    const after = admitted(deviceAfter(commands))
    const kept = before.filter((network) => after.includes(network))
    return commands.flatMap((line) => {
      const error = device.run(line)
      const now = admitted(device)
      expect(now, line).toEqual(expect.arrayContaining(kept))
      if (before.length > 0) expect(now.length, line).toBeGreaterThan(0)
      return error ?? []
    })
  }

  it('the first one ends at the list, after two errors that do no harm', () => {
    const device = asa()
    expect(load(device, today)).toEqual([
      `group-object ${GROUP}-LIVE is not in ${GROUP}`,
      `${GROUP}-LIVE does not exist`,
    ])
    expect(admitted(device)).toEqual([...TODAY].sort())
    expect(device.groups()).toEqual([GROUP, `${GROUP}-LIVE`])
  })

  it('the next one replaces: no error, no network of yesterday, none missing on the way', () => {
    const device = deviceAfter(yesterday)
    expect(loadWatched(device, today)).toEqual([])
    expect(admitted(device)).toEqual([...TODAY].sort())
    expect(device.groups()).toEqual([GROUP, `${GROUP}-LIVE`])
  })

  it('admits nothing on the way that neither yesterday nor today has', () => {
    const device = deviceAfter(yesterday)
    const both = [...admitted(device), ...TODAY]
    for (const line of today) {
      device.run(line)
      expect(admitted(device).filter((network) => !both.includes(network))).toEqual([])
    }
  })

  it('the same one twice changes nothing', () => {
    const device = deviceAfter(today)
    expect(loadWatched(device, today)).toEqual([])
    expect(admitted(device)).toEqual([...TODAY].sort())
  })

  const lines = today.map((_, i) => i)

  it.each(lines)('broken off before line %i, a whole load ends at the list', (line) => {
    for (const start of [[], [yesterday]]) {
      for (const whole of [today, third]) {
        const device = deviceAfter(...start, today.slice(0, line))
        loadWatched(device, whole)
        expect(admitted(device)).toEqual(admitted(deviceAfter(whole)))
        expect(device.groups()).toEqual([GROUP, `${GROUP}-LIVE`])
      }
    }
  })

  it.each(lines)('broken off before line %i and again at every line, too', (line) => {
    for (const again of yesterday.keys()) {
      const device = deviceAfter(yesterday, today.slice(0, line), yesterday.slice(0, again))
      loadWatched(device, third)
      expect(admitted(device)).toEqual(['20.0.0.0/24', '30.0.0.0/24'])
    }
  })
})

describe('cisco-asa: names and words', () => {
  it('gives two lists groups that share no name', () => {
    const groups = ['a', 'a-b', 'a.b', 'a-live', 'a-stage'].flatMap((name) => {
      const input = { ...SHAPES['v4-only'], name }
      return [
        ...new Set(
          renderText(ciscoAsa, input)
            .split('\n')
            .flatMap((line) => /^object-group network (\S+)$/.exec(line)?.[1] ?? []),
        ),
      ]
    })
    expect(new Set(groups).size).toBe(15)
  })

  it('has room for the longest name, and refuses a longer one', () => {
    const named = (length: number): string =>
      renderText(ciscoAsa, { ...SHAPES['v4-only'], name: 'n'.repeat(length) })
    const longest = ciscoAsa.limits.nameLength ?? 0
    expect(longest).toBeGreaterThanOrEqual(40)
    const commands = commandsOf(named(longest))
    expect(load(asa(), commands)).toHaveLength(2)
    expect(ruleGroup(commands)).toBe(`rangewarden-${'n'.repeat(longest)}`)
    expect(() => named(longest + 1)).toThrow('64 characters')
  })

  it.each(HOSTILE)('asks a terminal for no help, with %j in its words', (text) => {
    const hostile = exportInput({ prefixes: prefixes('20.0.0.0/24'), missingTags: [text] })
    const file = renderText(ciscoAsa, hostile)
    expect(file).not.toContain('?')
    expect(Math.max(...file.split('\n').map((line) => line.length))).toBeLessThan(512)
  })
})
