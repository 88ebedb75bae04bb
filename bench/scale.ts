/**
 * `npm run scale`: measures what each part of an installation costs on this machine, writes
 * bench/scale.json, and computes from it what docs/scale.md says. Exit code 2 if it could not.
 *
 *   npm run scale                measures everything, some minutes; both files are written
 *   npm run scale -- --json      the results on stdout instead of the tables
 *   npm run scale -- --check     runs a larger installation and puts it beside what is computed of it
 *   npm run scale -- --tables    puts the last run into docs/scale.md, measures nothing
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { postgres } from '../test/support/postgres.ts'
import { observe } from './scale/check.ts'
import { parseResults, type ScaleResults } from './scale/costs.ts'
import { embeddedCosts, measureScale } from './scale/measure.ts'
import { summary, withTables } from './scale/tables.ts'

const RESULTS = new URL('scale.json', import.meta.url)
const PAGE = new URL('../docs/scale.md', import.meta.url)

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, check: { type: 'boolean' }, tables: { type: 'boolean' } },
})

// What was started ends with us, by a signal too.
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(signal, () => process.exit(128 + number))
}

try {
  if (values.tables) writePage(readResults())
  else if (postgres.missing !== undefined) await measureWithout(postgres.missing)
  else if (values.check) await check()
  else await measureAll()
} catch (error) {
  console.error(error)
  process.exitCode = 2
}

async function measureAll(): Promise<void> {
  const { observed } = existsSync(RESULTS) ? readResults() : {}
  const results = await measureScale(say)
  keep({ ...results, ...(observed ? { observed } : {}) })
}

async function check(): Promise<void> {
  keep({ ...readResults(), observed: await observe(say) })
}

function say(what: string): void {
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${what}`)
}

function readResults(): ScaleResults {
  return parseResults(readFileSync(RESULTS, 'utf8'))
}

function keep(results: ScaleResults): void {
  const text = `${JSON.stringify(results, null, 2)}\n`
  // Read again as every reader does: a figure that is none is found here.
  const read = parseResults(text)
  writeFileSync(RESULTS, text)
  writePage(read)
  console.log(values.json ? text.trimEnd() : summary(read))
}

/** A part must not pass for a whole run: nothing is written. */
async function measureWithout(missing: string): Promise<void> {
  console.error(`${missing} is missing: only the embedded database is measured, nothing is written`)
  const costs = await embeddedCosts(say)
  console.log(JSON.stringify(costs, null, 2))
  process.exitCode = 2
}

function writePage(results: ScaleResults): void {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), results))
}
