/**
 * `npm run bench`: measures every row in one run, prints a table and writes bench/results.json.
 * docs/benchmarks.md says how to read it. Exit code 1 if a target is missed or a row failed, 2 if
 * nothing could be run.
 *
 *   npm run bench -- [NAME…]      only the rows or groups of these names; results.json is left alone
 *   npm run bench -- --list       what there is, with a sentence for each
 *   npm run bench -- --json       the results on stdout instead of the table
 *   npm run bench -- --markdown   puts the last whole run into docs/benchmarks.md, measures nothing
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chooseRows } from './choose.ts'
import type { ListedRow, ResultRow, Results } from './contract.ts'
import { describeMachine } from './machine.ts'
import { withResults } from './page.ts'
import { findReferences, nameWithVersion } from './references.ts'
import { allHold, resultOf, type Outcome } from './result.ts'
import { rows } from './rows/index.ts'
import { listing, markdown, terminalTable } from './table.ts'

const RESULTS = new URL('results.json', import.meta.url)
const PAGE = new URL('../docs/benchmarks.md', import.meta.url)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    json: { type: 'boolean' },
    markdown: { type: 'boolean' },
  },
})
try {
  const chosen = chooseRows(rows, positionals)
  if (values.list) console.log(listing(chosen))
  else if (values.markdown) writePage()
  else await run(chosen)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

async function run(chosen: readonly ListedRow[]): Promise<void> {
  const references = findReferences()
  const date = new Date().toISOString()
  const known = new Map(references.map((reference) => [reference.name, nameWithVersion(reference)]))
  const measured: ResultRow[] = []
  for (const listed of chosen) {
    process.stderr.write(`${listed.group} ${listed.name} `)
    const against = listed.against.map((name) => known.get(name) ?? name)
    const started = performance.now()
    const outcome = await measure(listed)
    const seconds = (performance.now() - started) / 1_000
    process.stderr.write(`${seconds.toFixed(1)} s\n`)
    measured.push(resultOf(listed, against, outcome, seconds))
  }
  const results: Results = { machine: describeMachine(), date, references, rows: measured }
  const text = `${JSON.stringify(results, null, 2)}\n`
  // A part of the rows must not pass for a whole run.
  if (chosen.length === rows.length) writeFileSync(RESULTS, text)
  console.log(values.json ? text.trimEnd() : terminalTable(results))
  process.exitCode = allHold(measured) ? 0 : 1
}

async function measure({ row }: ListedRow): Promise<Outcome> {
  try {
    return await row.measure()
  } catch (error) {
    console.error(error)
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

function writePage(): void {
  const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), markdown(results)))
}
