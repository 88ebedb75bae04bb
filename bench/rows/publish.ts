/** What publishing costs on the embedded database, after parsing: the first snapshot, then a week. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDocument } from '../../src/documents/read-document.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { openStore } from '../../src/store/open.ts'
import type { BenchRow } from '../contract.ts'
import { KIND_OF_FILE, newestWeeks, type Week } from '../weeks.ts'

/** The first, and five to take the median of. */
const WEEKS = 6

let measured: Promise<readonly number[]> | undefined

export const publishFirst: BenchRow = {
  name: `Publish a first ${KIND_OF_FILE} Public snapshot into the embedded database, after parsing`,
  unit: 'ms',
  target: { of: 'ours', atMost: 3_000 },
  measure: async () => ({ ours: (await times())[0] ?? NaN }),
}

export const publishWeek: BenchRow = {
  name: `Publish a ${KIND_OF_FILE} weekly change of Public into the embedded database, after parsing (median of ${WEEKS - 1})`,
  unit: 'ms',
  target: { of: 'ours', atMost: 300 },
  measure: async () => {
    const sorted = (await times()).slice(1).toSorted((a, b) => a - b)
    return { ours: sorted[Math.floor(sorted.length / 2)] ?? NaN }
  },
}

function times(): Promise<readonly number[]> {
  measured ??= publishAll(newestWeeks(WEEKS))
  return measured
}

async function publishAll(weeks: readonly Week[]): Promise<number[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
  const { store, close } = await openStore({ dataDir })
  const taken: number[] = []
  let predecessor: Snapshot | undefined
  for (const [i, { bytes, fileDate, fileName }] of weeks.entries()) {
    const parsed = readDocument(bytes, predecessor)
    if (!parsed.ok) throw new Error(`refused: ${parsed.refusals[0]?.reason ?? ''}`)
    predecessor = parsed.snapshot
    const origin = { strategy: 'bench', url: fileName, fileName, fileDate, validators: {} }
    const started = performance.now()
    const result = await store.publications.publish(
      { snapshot: parsed.snapshot, bytes, origin },
      { kind: 'sync', publishedBy: 'bench', reason: 'bench', expectedSerial: i },
    )
    taken.push(performance.now() - started)
    if (result.kind !== 'published') throw new Error('another serial')
  }
  await close()
  rmSync(dataDir, { recursive: true })
  return taken
}
