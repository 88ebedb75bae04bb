/**
 * A script of RouterOS as far as our format goes: read by an exact grammar, and run on a model of
 * two address lists. No RouterOS was at hand; what the model knows is from MikroTik's pages "Scripting
 * language manual" and "Address-lists".
 */
import type { Family } from '../../src/core/address.ts'
import { splitHead } from './plain-list.ts'

const MENUS = { 4: '/ip firewall address-list', 6: '/ipv6 firewall address-list' } as const
const BITS = { 4: 32, 6: 128 } as const
const NOT_FOUND = ' networks not found after adding, nothing removed'

/** A loop of the script, or the end it comes to if networks are missing, in the file's order. */
type Step =
  { readonly does: 'add' | 'find' | 'remove'; readonly family: Family } | { readonly does: 'check' }

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
  while (lines.length > 1) steps.push(takeStep(lines, list))
  take(lines, ['}'])
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

function takeStep(lines: string[], list: string): Step {
  const first = lines[0] ?? ''
  if (first.startsWith(':if')) {
    take(lines, [
      ':if ($rwMissing > 0) do={',
      `  :error ("${list}: " . $rwMissing . "${NOT_FOUND}")`,
      '}',
    ])
    return { does: 'check' }
  }
  const family = /rwWanted4|rwFound4|\/ip /.test(first) ? 4 : 6
  if (first.startsWith(':foreach rwNet')) return takeAdding(lines, list, family)
  if (first.startsWith(':local')) return takeFinding(lines, list, family)
  return takeRemoving(lines, list, family)
}

function takeAdding(lines: string[], list: string, family: Family): Step {
  const what = `list="${list}" address=$rwNet comment="rangewarden"`
  take(lines, [
    `:foreach rwNet,rwOne in=$rwWanted${family} do={`,
    `  :do { ${MENUS[family]} add ${what} } on-error={}`,
    '}',
  ])
  return { does: 'add', family }
}

function takeFinding(lines: string[], list: string, family: Family): Step {
  const [wanted, found] = [`$rwWanted${family}`, `$rwFound${family}`]
  take(lines, [`:local rwFound${family} [:toarray ""]`])
  takeShown(lines, list, family)
  take(lines, [
    `  :if ([:typeof (${wanted}->$rwNet)] != "nothing") do={ :set (${found}->$rwNet) 1 }`,
    '}',
    `:set rwMissing ($rwMissing + [:len ${wanted}] - [:len ${found}])`,
  ])
  return { does: 'find', family }
}

function takeRemoving(lines: string[], list: string, family: Family): Step {
  const menu = MENUS[family]
  takeShown(lines, list, family)
  take(lines, [
    `  :if ([:typeof ($rwWanted${family}->$rwNet)] = "nothing") do={`,
    `    :if ([${menu} get $rwId comment] = "rangewarden") do={ ${menu} remove $rwId }`,
    ...['  }', '}'],
  ])
  return { does: 'remove', family }
}

/** The head of a loop over the entries, each as the device shows it. */
function takeShown(lines: string[], list: string, family: Family): void {
  const menu = MENUS[family]
  take(lines, [
    `:foreach rwId in=[${menu} find list="${list}"] do={`,
    `  :local rwNet [:tostr [${menu} get $rwId address]]`,
    `  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/${BITS[family]}") }`,
  ])
}

export interface Entry {
  readonly list: string
  /** As the device shows it. */
  readonly address: string
  readonly comment: string
}

export interface Device {
  readonly lists: Record<Family, Entry[]>
  /** How many entries of a family there may be; more cannot be added. */
  readonly room?: number
  /** How it shows a network, `shown` unless told: which spelling is RouterOS's is not known. */
  readonly show?: (network: string) => string
}

/** Runs a script and calls `look` after every change. @throws the script's own error */
export function run({ list, wanted, steps }: Script, device: Device, look = () => {}): void {
  let missing = 0
  for (const step of steps) {
    if (step.does === 'check') {
      if (missing > 0) throw new Error(`${list}: ${missing}${NOT_FOUND}`)
      continue
    }
    const { does, family } = step
    const keys = new Set(wanted[family])
    if (does === 'add') for (const network of keys) add(device, family, { list, network }, look)
    if (does === 'find') missing += keys.size - found(device, family, list, keys).size
    if (does === 'remove') remove(device, family, { list, keys }, look)
  }
}

/** The network as the script makes it of what the device shows. */
function read({ address }: Entry, family: Family): string {
  return address.includes('/') ? address : `${address}/${BITS[family]}`
}

function found(
  { lists }: Device,
  family: Family,
  list: string,
  keys: ReadonlySet<string>,
): Set<string> {
  const entries = lists[family].filter((entry) => entry.list === list)
  return new Set(entries.map((entry) => read(entry, family)).filter((key) => keys.has(key)))
}

function remove(
  { lists }: Device,
  family: Family,
  { list, keys }: { list: string; keys: ReadonlySet<string> },
  look: () => void,
): void {
  const old = lists[family].filter(
    (entry) =>
      entry.list === list && entry.comment === 'rangewarden' && !keys.has(read(entry, family)),
  )
  for (const entry of old) {
    lists[family].splice(lists[family].indexOf(entry), 1)
    look()
  }
}

/** What is there, and what there is no room for, is not added. */
function add(
  { lists, room = Infinity, show = shown }: Device,
  family: Family,
  { list, network }: { list: string; network: string },
  look: () => void,
): void {
  const address = show(network)
  const entries = lists[family]
  const isThere = entries.some((one) => one.list === list && one.address === address)
  if (isThere || entries.length >= room) return
  entries.push({ list, address, comment: 'rangewarden' })
  look()
}

/** The network as a device is said to show it: a single IPv4 address without its length. */
export function shown(network: string): string {
  return network.endsWith('/32') && !network.includes(':') ? network.slice(0, -3) : network
}
