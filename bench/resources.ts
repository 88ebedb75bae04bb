/**
 * `npm run resources`: measures what pods of the Helm chart need, writes bench/resources.json, and puts
 * what follows into docs/operations.md; the chart's values are compared with it by a test. With
 * `--table` only the document is written.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { postgres } from '../test/support/postgres.ts'
import { describeMachine } from './machine.ts'
import { liveEmbedded, liveSplit, POLLS_PER_SECOND } from './resources/life.ts'
import { whyNoLimits } from './resources/pod.ts'
import { limitMiB, parseResources, PODS, resourcesFor, type Results } from './resources/results.ts'
import { withResources } from './resources/table.ts'
import { KIND_OF_FILE } from './weeks.ts'

const RESULTS = new URL('resources.json', import.meta.url)
const PAGE = new URL('../docs/operations.md', import.meta.url)

const { values } = parseArgs({ options: { table: { type: 'boolean' } } })

if (!values.table) await measure()
const results = parseResources(readFileSync(RESULTS, 'utf8'))
writeFileSync(PAGE, withResources(readFileSync(PAGE, 'utf8'), results))
for (const name of PODS) console.log(name, JSON.stringify(resourcesFor(results.pods[name])))

async function measure(): Promise<void> {
  if (postgres.missing !== undefined) throw new Error(`${postgres.missing} is missing`)
  const pods = { ...(await liveEmbedded({ say })), ...(await liveSplit({ say })) }
  const measured: Results = {
    machine: describeMachine(),
    date: new Date().toISOString().slice(0, 10),
    kindOfFile: KIND_OF_FILE,
    pollsPerSecond: POLLS_PER_SECOND,
    pods,
  }
  const why = whyNoLimits()
  if (why === undefined) await liveWithin(measured)
  else say(`not tried within the limits: ${why}`)
  writeFileSync(RESULTS, `${JSON.stringify(measured, undefined, 2)}\n`)
}

/** The same lives again, in which whoever takes more is ended. */
async function liveWithin({ pods }: Results): Promise<void> {
  const limits = Object.fromEntries(PODS.map((name) => [name, limitMiB(pods[name].peakMiB)]))
  say(`again, within ${JSON.stringify(limits)} MiB`)
  await liveEmbedded({ say, limits })
  await liveSplit({ say, limits })
  for (const name of PODS) {
    const limit = limits[name]
    if (limit !== undefined) pods[name].livedWithinMiB = limit
  }
}

function say(line: string): void {
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${line}`)
}
