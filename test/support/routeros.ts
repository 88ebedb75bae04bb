/**
 * A script of RouterOS as far as our format goes: read by an exact grammar, and run on a model of
 * two address lists. No RouterOS was at hand; what the model knows is from MikroTik's pages "Scripting
 * language manual" and "Address-lists".
 */
import type { Family } from '../../src/core/address.ts'
import { splitHead } from './plain-list.ts'

const MENUS = { 4: '/ip firewall address-list', 6: '/ipv6 firewall address-list' } as const
const BITS = { 4: 32, 6: 128 } as const

/** One loop of the script, in the file's order. */
interface Step {
  readonly does: 'add' | 'remove'
  readonly family: Family
}

export interface Script {
  readonly comments: readonly string[]
  readonly list: string
  readonly wanted: Readonly<Record<Family, readonly string[]>>
  readonly steps: readonly Step[]
}

/** @throws for any line that is not the one expected there */
export function parseScript(file: string | Uint8Array): Script {
  const { entries, comments } = splitHead(file, '# ')
  if (comments.some((line) => line.includes('\\'))) throw new Error('a backslash in a comment')
  const lines = [...entries]
  take(lines, ['{', ':local rwMissing 0'])
  const wanted = { 4: takeWanted(lines, 4), 6: takeWanted(lines, 6) }
  const list = /list="(rangewarden-[a-z0-9][a-z0-9.-]*)"/.exec(lines[1] ?? '')?.[1] ?? ''
  const steps: Step[] = []
  while (lines[0]?.startsWith(':foreach') === true) steps.push(takeLoop(lines, list))
  take(lines, [
    ':if ($rwMissing > 0) do={',
    `  :error ("${list}: " . $rwMissing . " networks could not be added")`,
    ...['}', '}'],
  ])
  if (lines.length > 0) throw new Error(`after the end: ${lines.join('\n')}`)
  return { comments, list, wanted, steps }
}

function take(lines: string[], expected: readonly string[]): void {
  for (const line of expected) {
    const found = lines.shift()
    if (found !== line) throw new Error(`"${found}" where "${line}" belongs`)
  }
}

/** The keys of an array; each is a quoted string in which nothing needs an escape. */
function takeWanted(lines: string[], family: Family): string[] {
  const first = lines.shift()
  if (first === `:local rwWanted${family} [:toarray ""]`) return []
  if (first !== `:local rwWanted${family} {`) throw new Error(`"${first}" is no array`)
  const end = lines.indexOf('}')
  const keys = lines.splice(0, end + 1).slice(0, -1)
  return keys.map((line) => {
    const key = /^ {2}"([0-9a-f.:]+\/[0-9]+)"=1;$/.exec(line)?.[1]
    if (key === undefined || key.includes(':') !== (family === 6)) throw new Error(`key "${line}"`)
    return key
  })
}

function takeLoop(lines: string[], list: string): Step {
  const family = /rwWanted4|\/ip /.test(lines[0] ?? '') ? 4 : 6
  const [menu, array] = [MENUS[family], `$rwWanted${family}`]
  const entries = `list="${list}"`
  if (lines[0] === `:foreach rwNet,rwOne in=${array} do={`) {
    take(lines, [
      `:foreach rwNet,rwOne in=${array} do={`,
      `  :do { ${menu} add ${entries} address=$rwNet comment="rangewarden" } on-error={}`,
      '}',
      `:set rwMissing ($rwMissing + [:len ${array}])`,
    ])
    return { does: 'add', family }
  }
  take(lines, [
    `:foreach rwId in=[${menu} find ${entries}] do={`,
    `  :local rwNet [:tostr [${menu} get $rwId address]]`,
    `  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/${BITS[family]}") }`,
    `  :if ([:typeof (${array}->$rwNet)] = "nothing") do={`,
    `    :if ([${menu} get $rwId comment] = "rangewarden") do={ ${menu} remove $rwId }`,
    '  } else={ :set rwMissing ($rwMissing - 1) }',
    '}',
  ])
  return { does: 'remove', family }
}

export interface Entry {
  readonly list: string
  /** As the device shows it: a single IPv4 address without its length. */
  readonly address: string
  readonly comment: string
}

export interface Device {
  readonly lists: Record<Family, Entry[]>
  /** How many entries there may be; more cannot be added. */
  readonly room?: number
}

/** Runs a script and calls `look` after every change. @throws the script's own error */
export function run({ list, wanted, steps }: Script, device: Device, look = () => {}): void {
  let missing = 0
  for (const { does, family } of steps) {
    if (does === 'add') {
      for (const network of wanted[family]) add(device, family, { list, network }, look)
      missing += wanted[family].length
      continue
    }
    const keys = new Set(wanted[family])
    for (const entry of device.lists[family].filter((one) => one.list === list)) {
      const network = entry.address.includes('/')
        ? entry.address
        : `${entry.address}/${BITS[family]}`
      if (keys.has(network)) missing -= 1
      else if (entry.comment === 'rangewarden') {
        device.lists[family].splice(device.lists[family].indexOf(entry), 1)
        look()
      }
    }
  }
  if (missing > 0) throw new Error(`${list}: ${missing} networks could not be added`)
}

/** What is there, and what there is no room for, is not added. */
function add(
  { lists, room = Infinity }: Device,
  family: Family,
  { list, network }: { list: string; network: string },
  look: () => void,
): void {
  const address = shown(network)
  const entries = lists[family]
  const isThere = entries.some((one) => one.list === list && one.address === address)
  if (isThere || entries.length >= room) return
  entries.push({ list, address, comment: 'rangewarden' })
  look()
}

/** The network as the device shows it. */
export function shown(network: string): string {
  return network.endsWith('/32') && !network.includes(':') ? network.slice(0, -3) : network
}
