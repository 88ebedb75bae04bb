/**
 * `npm run soak`: proofs that take minutes, each with its figures in a table at the end. Exit code 1
 * if a claim does not hold. docs/proofs.md says what each proves and what it needs.
 *
 *   npm run soak -- [--only fuzz,kills,memory,deliveries,crashes,replicas,outage] [--seed N] [--count N]
 */
import { parseArgs } from 'node:util'
import type { Figure, Proof } from './contract.ts'
import { crashes } from './crashes.ts'
import { deliveries } from './deliveries.ts'
import { fuzz } from './fuzz.ts'
import { kills } from './kills.ts'
import { memory } from './memory.ts'
import { outage } from './outage.ts'
import { replicas } from './replicas.ts'

const PROOFS: readonly Proof[] = [fuzz, kills, memory, deliveries, crashes, replicas, outage]

interface Line extends Figure {
  readonly proof: string
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, seed: { type: 'string' }, count: { type: 'string' } },
})
const seed = wholeNumber('seed', values.seed) ?? Date.now() % 2 ** 31
const count = wholeNumber('count', values.count)
const lines: Line[] = []
console.log(`seed ${seed}: repeat with --seed ${seed}`)
for (const proof of chosen(values.only)) {
  console.log(`\n${proof.name}: ${proof.claim}`)
  const say = (line: string): void => console.log(`  ${line}`)
  const figures = await proof.run({ seed, count, say })
  lines.push(...figures.map((figure) => ({ proof: proof.name, ...figure })))
}
console.log(`\n${table(lines)}`)
process.exitCode = lines.some(({ holds }) => holds === false) ? 1 : 0

function chosen(only: string | undefined): readonly Proof[] {
  if (only === undefined) return PROOFS
  return only.split(',').map((name) => {
    const proof = PROOFS.find((known) => known.name === name)
    const names = PROOFS.map((known) => known.name).join(', ')
    if (!proof) throw new Error(`--only ${name}: there are ${names}`)
    return proof
  })
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${option} ${text}: a whole number of at most nine digits`)
}

function table(all: readonly Line[]): string {
  const cells = all.map(({ proof, what, value, limit, holds }) => {
    const verdict = holds === undefined ? '' : holds ? 'holds' : 'MISSED'
    return [proof, what, value, limit ?? '', verdict]
  })
  const rows = [['proof', 'what', 'figure', 'limit', ''], ...cells]
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
