/** Lists made of a real weekly file, for tests that have the files (`realData`). */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ExportInput } from '../../exporters/contract.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { parseServiceTags } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { exportInput } from './export-input.ts'
import { REAL_DATA } from './requirements.ts'

const UNION = [
  'AzureCloud',
  'AzureActiveDirectory',
  'AzureFrontDoor.Frontend',
  'AzureFrontDoor.FirstParty',
  'ServiceBus',
]

/** The newest real file of the public cloud. */
function newestPublic(): Snapshot {
  const files = readdirSync(REAL_DATA).filter((file) => /_Public_\d{8}\.json\.gz$/.test(file))
  const text = gunzipSync(readFileSync(join(REAL_DATA, files.sort().at(-1) ?? ''))).toString('utf8')
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const parsed = parseServiceTags(text, { sha256 })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals))
  return parsed.snapshot
}

/** The address union of the built-in list `app-proxy-ip`. */
export function realUnion(): { set: RangeSet; input: ExportInput } {
  const { tags } = newestPublic()
  const set = RangeSet.of(UNION.flatMap((name) => tags.get(name)?.prefixes ?? []))
  return { set, input: exportInput({ name: 'app-proxy-ip', prefixes: set.prefixes() }) }
}

/** The addresses of a tag in the newest real file of the public cloud. */
export function realCoverage(tag: string): RangeSet {
  return RangeSet.of(newestPublic().tags.get(tag)?.prefixes ?? [])
}
