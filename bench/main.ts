/**
 * `npm run bench`: measures every row in one run, prints a table and writes bench/results.json.
 * A row that cannot be measured here is listed as absent. Exit code 1 if a target does not hold.
 */
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { BenchRow, ResultRow, Results, Target } from './contract.ts'
import { rows } from './rows/index.ts'

const results: Results = {
  machine: machine(),
  date: new Date().toISOString(),
  rows: await measureAll(rows),
}
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
console.log(`${results.machine}, ${results.date}\n`)
console.log(table(results.rows))
process.exitCode = results.rows.some(({ holds }) => holds === false) ? 1 : 0

async function measureAll(all: readonly BenchRow[]): Promise<ResultRow[]> {
  const measured: ResultRow[] = []
  for (const row of all) measured.push(await measureRow(row))
  return measured
}

async function measureRow({ name, unit, target, measure }: BenchRow): Promise<ResultRow> {
  const measured = await measure()
  const wanted = describe(target)
  if ('absent' in measured) {
    const nothing = { ours: null, reference: null, ratio: null, holds: null }
    return { name, unit, target: wanted, ...nothing, absent: measured.absent }
  }
  const { ours, reference } = measured
  const ratio = reference === undefined ? undefined : ours / reference
  const value = target.of === 'ours' ? ours : ratio
  return {
    name,
    ours: rounded(ours),
    reference: reference === undefined ? null : rounded(reference),
    unit,
    ratio: ratio === undefined ? null : rounded(ratio),
    target: wanted,
    holds: value === undefined ? null : isWithin(value, target),
  }
}

function isWithin(value: number, { atMost = Infinity, atLeast = -Infinity }: Target): boolean {
  return atLeast <= value && value <= atMost
}

function describe({ of, atMost, atLeast }: Target): string {
  const limits = [
    ...(atLeast === undefined ? [] : [`${of} >= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`${of} <= ${atMost}`]),
  ]
  return limits.join(', ')
}

function table(measured: readonly ResultRow[]): string {
  const lines = measured.map((row) => [
    shown(row.ours),
    shown(row.reference),
    row.unit,
    shown(row.ratio),
    row.target,
    row.holds === null ? '-' : row.holds ? 'holds' : 'MISSED',
    row.absent === undefined ? row.name : `${row.name} [absent: ${row.absent}]`,
  ])
  const all = [['ours', 'reference', 'unit', 'ratio', 'target', '', 'what'], ...lines]
  const widths = all[0]?.map((_, i) => Math.max(...all.map((line) => line[i]?.length ?? 0))) ?? []
  return all
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function shown(value: number | null): string {
  return value === null ? '-' : String(value)
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} x ${model}, ${memory} GiB, Node ${process.versions.node}`
}
