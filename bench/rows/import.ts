/**
 * An archive becomes history: a folder of weekly files as published, taken in date order into an
 * empty embedded database and the newest published, against reading their JSON and nothing else.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApp } from '../../src/app.ts'
import { createDirectGateway } from '../../src/cli/direct-gateway.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/observe/log.ts'
import { listWeeklyFiles } from '../../src/sources/weekly-files.ts'
import { realFiles } from '../../test/support/real-files.ts'
import type { BenchRow } from '../contract.ts'
import { median } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

/** Each into a database of its own. */
const ROUNDS = 3

/** About as many as there are of Public among the real files. */
const GENERATED_WEEKS = 18

export const importFolder: BenchRow = {
  name:
    `Import a folder of ${KIND_OF_FILE} weekly files into the embedded database, already open ` +
    `(median of ${ROUNDS}); reference: JSON.parse of the same bytes, uncompressed`,
  unit: 'ms',
  target: { of: 'ratio', atMost: 20 },
  measure: async () => {
    const home = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
    const weeks = join(home, 'weeks')
    mkdirSync(weeks)
    const files = archive()
    for (const { fileName, bytes } of files) writeFileSync(join(weeks, fileName), bytes)
    try {
      const [ours, reference]: [number[], number[]] = [[], []]
      for (let round = 0; round < ROUNDS; round++) {
        reference.push(timeToParse(files))
        ours.push(await timeToImport(weeks, join(home, `data-${round}`)))
      }
      return { ours: median(ours), reference: median(reference) }
    } finally {
      rmSync(home, { recursive: true })
    }
  },
}

interface ArchivedFile {
  readonly fileName: string
  readonly bytes: Buffer
}

/** All real files of all clouds where they are at hand. */
function archive(): readonly ArchivedFile[] {
  const real = realFiles()
  if (real.length === 0) return newestWeeks(GENERATED_WEEKS)
  return real.map(({ name, bytes }) => ({ fileName: name.replace(/\.gz$/, ''), bytes: bytes() }))
}

function timeToParse(files: readonly ArchivedFile[]): number {
  const started = performance.now()
  for (const { bytes } of files) JSON.parse(bytes.toString('utf8'))
  return performance.now() - started
}

async function timeToImport(folder: string, dataDir: string): Promise<number> {
  const app = await openApp(readConfig({ RANGEWARDEN_DATA_DIR: dataDir }), createLog('silent'))
  try {
    const files = await listWeeklyFiles([folder])
    const gateway = createDirectGateway(app, new AbortController().signal)
    const started = performance.now()
    for await (const imported of gateway.importFiles(files)) {
      if (imported.kind === 'refused') throw new Error(`refused ${imported.file.path}`)
    }
    for (const cloud of new Set(files.map((file) => file.cloud))) {
      if (!(await gateway.publishImported(cloud))) throw new Error(`${cloud} was not published`)
    }
    return performance.now() - started
  } finally {
    await app.close()
  }
}
