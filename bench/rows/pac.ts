/**
 * A PAC file of every IPv4 address of AzureCloud, as our exporter writes it, against the chain of
 * isInNet that is usual, of the same collapsed networks, in pactester. Hosts are written as
 * addresses and pactester runs in a network namespace of its own: nothing is looked up or dialled.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Netmask } from 'netmask'
import { pac } from '../../exporters/pac.ts'
import { formatAddress, type Address } from '../../src/core/address.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { exportInput, PAC_OPTIONS, renderText } from '../../test/support/export-input.ts'
import { seededRandom } from '../../test/support/random.ts'
import { networkNamespaces, program } from '../../test/support/requirements.ts'
import type { BenchRow, Measurement } from '../contract.ts'
import { median, quartiles } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

const ROUNDS = 5

/** Addresses of the short run, which costs what starting and reading the file costs. */
const FEW = 4

/** Addresses that the long run has besides; half of them are on the list, like those of the short one. */
const MORE = 40

/** How often the long run of ours has them: one time alone would be too short to measure. */
const REPEATS = 100

const file = `a PAC file of AzureCloud's IPv4 networks (${KIND_OF_FILE} Public file)`

export const pacTime: BenchRow = {
  name:
    `Evaluate an address in ${file}, in pactester: the time of many in one process minus that of few; ` +
    'reference: the same networks as a chain of isInNet',
  unit: 'ms',
  target: { of: 'ratio', atMost: 0.01 },
  measure: compareTimes,
}

export const pacBytes: BenchRow = {
  name:
    `Size of ${file}, comments included; reference: the same networks as a chain of isInNet ` +
    'without comments or white space',
  unit: 'bytes',
  target: { of: 'ratio', atMost: 1 / 3 },
  measure: () => {
    const { prefixes } = azureCloud()
    return { ours: ourScript(prefixes).length, reference: chainScript(prefixes).length }
  },
}

function compareTimes(): Measurement {
  const missing = [program('pactester'), networkNamespaces].flatMap(({ missing }) => missing ?? [])
  if (missing.length > 0) return { absent: missing.join(' and ') }
  const { set, prefixes } = azureCloud()
  const questions = ask(set, prefixes)
  const [few, more] = [questions.slice(0, FEW), questions.slice(FEW)]
  const often = Array.from({ length: REPEATS }, () => more).flat()
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
  try {
    const ours = evaluator(join(folder, 'ours'), ourScript(prefixes), few, often)
    const chain = evaluator(join(folder, 'chain'), chainScript(prefixes), few, more)
    const times: { ours: number[]; chain: number[] } = { ours: [], chain: [] }
    for (let round = 0; round < ROUNDS; round++) {
      times.ours.push(ours())
      times.chain.push(chain())
    }
    return {
      ours: median(times.ours),
      reference: median(times.chain),
      quartiles: { ours: quartiles(times.ours), reference: quartiles(times.chain) },
      details: { networks: prefixes.length, addresses: questions.length, rounds: ROUNDS },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Of the newest week; `prefixes` is the smallest list of networks that holds the set. */
function azureCloud(): { set: RangeSet; prefixes: Prefix[] } {
  const [week] = newestWeeks(1)
  const parsed = week && readDocument(week.bytes)
  if (!parsed?.ok) throw new Error('no week to make a PAC file of')
  const set = RangeSet.of(parsed.snapshot.tags.get('AzureCloud')?.prefixes ?? []).only(4)
  return { set, prefixes: set.prefixes() }
}

function ourScript(prefixes: readonly Prefix[]): string {
  return renderText(pac, exportInput({ name: 'azure-cloud', prefixes }))
}

function chainScript(prefixes: readonly Prefix[]): string {
  const tests = prefixes.map(({ text }) => {
    const { base, mask } = new Netmask(text)
    return `isInNet(host,"${base}","${mask}")`
  })
  const { proxy, fallback } = PAC_OPTIONS
  return `function FindProxyForURL(url,host){\nif(${tests.join('||\n')})return "${proxy}";\nreturn "${fallback}";\n}\n`
}

interface Question {
  readonly url: string
  /** What a right file answers. */
  readonly answer: string
}

/** In turn an address of the list, from its beginning to its end, and one that is not on it. */
function ask(set: RangeSet, prefixes: readonly Prefix[]): Question[] {
  const random = seededRandom(4)
  const pairs = (FEW + MORE) / 2
  return Array.from({ length: pairs }, (_, i) => i).flatMap((i) => {
    const { first, length } = prefixes[Math.floor((i * prefixes.length) / pairs)] ?? {}
    if (!first || length === undefined) throw new Error('AzureCloud has no IPv4 networks')
    const inside = (first[0] ?? 0) + random.below(2 ** (32 - length))
    let outside = inside
    while (set.contains(ipv4(outside))) outside = random.below(2 ** 32)
    return [question(inside, PAC_OPTIONS.proxy), question(outside, PAC_OPTIONS.fallback)]
  })
}

function question(value: number, answer: string): Question {
  return { url: `http://${formatAddress(ipv4(value))}/`, answer }
}

function ipv4(value: number): Address {
  return { family: 4, words: [value] }
}

/**
 * A function that gives the milliseconds of one evaluation, from a run that is asked `few` and one
 * that is asked `more` besides. It throws if an answer is wrong.
 */
function evaluator(
  path: string,
  script: string,
  few: readonly Question[],
  more: readonly Question[],
): () => number {
  writeFileSync(`${path}.pac`, script)
  const all = [...few, ...more]
  for (const [name, asked] of [['few', few] as const, ['all', all] as const]) {
    writeFileSync(`${path}.${name}`, asked.map(({ url }) => `${url}\n`).join(''))
  }
  const right = all.map(({ url, answer }) => `${url} : ${answer}\n`).join('')
  return () => {
    const short = pactester(`${path}.pac`, `${path}.few`)
    const long = pactester(`${path}.pac`, `${path}.all`)
    if (long.said !== right) throw new Error(`${path}.pac answers otherwise than its networks`)
    return (long.ms - short.ms) / more.length
  }
}

function pactester(script: string, urls: string): { ms: number; said: string } {
  const started = performance.now()
  const command = ['-n', 'pactester', '-p', script, '-f', urls]
  const said = execFileSync('unshare', command, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return { ms: performance.now() - started, said }
}
