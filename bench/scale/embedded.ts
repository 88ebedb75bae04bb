/** A replica with the embedded database: what it works, takes in memory and keeps in its folder. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { median } from '../measure.ts'
import type { Costs } from './costs.ts'
import { processorMs } from './processor.ts'
import { untilQuiet } from './quiet.ts'
import { startService, type Service } from './service.ts'
import type { OfferedWeek } from './weeks.ts'

export type EmbeddedCosts = Pick<
  Costs,
  'embeddedIdleMs' | 'embeddedRunMs' | 'embeddedBytes' | 'embeddedFolderBytes'
>

/** What is polled every five seconds comes twice. */
const IDLE_MS = 10_000

const POLL_MS = 50
const TRIES = 3_600

const runShape = z.object({ id: z.string(), state: z.string(), outcome: z.string().nullable() })

/** @param weeks of Public; the first one only fills the database */
export async function measureEmbedded(weeks: readonly OfferedWeek[]): Promise<EmbeddedCosts> {
  const home = mkdtempSync(join(tmpdir(), 'rangewarden-scale-'))
  const [files, data] = [join(home, 'files'), join(home, 'data')]
  mkdirSync(files)
  const settings = { RANGEWARDEN_DATA_DIR: data, RANGEWARDEN_SOURCE: `folder:${files}` }
  let service: Service | undefined
  try {
    service = await startService(settings)
    const { pid } = service
    let embeddedFolderBytes = 0
    const spent: number[] = []
    for (const week of weeks) {
      const before = processorMs(pid)
      writeFileSync(join(files, week.fileName), week.bytes)
      const outcome = await runOnce(service)
      await untilQuiet([pid])
      if (embeddedFolderBytes === 0) embeddedFolderBytes = sizeOfFolder(data)
      else if (outcome === 'published') spent.push(processorMs(pid) - before)
    }
    const before = processorMs(pid)
    await wait(IDLE_MS)
    const embeddedIdleMs = (1_000 * (processorMs(pid) - before)) / IDLE_MS
    await service.ask('/v1/lookup/20.33.0.1')
    const { resident } = await service.memory()
    const embeddedRunMs = median(spent)
    return { embeddedIdleMs, embeddedRunMs, embeddedBytes: resident, embeddedFolderBytes }
  } finally {
    await service?.stop()
    rmSync(home, { recursive: true })
  }
}

async function runOnce(service: Service): Promise<string | null> {
  const { run } = z.object({ run: runShape }).parse(await service.ask('/v1/runs', 'POST', {}))
  for (let tries = 0; tries < TRIES; tries++) {
    const { state, outcome } = runShape.parse(await service.ask(`/v1/runs/${run.id}`))
    if (state === 'finished') return outcome
    await wait(POLL_MS)
  }
  throw new Error(`run ${run.id} does not end`)
}

function sizeOfFolder(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
