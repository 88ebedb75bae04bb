/**
 * How much memory a sync takes on PostgreSQL, as the kernel counts it: of the newest real Public
 * file, and of answers that are made to take as much as they can.
 */
import { gzipSync } from 'node:zlib'
import {
  bytes,
  compressed,
  filePath,
  huge,
  pagePath,
  startPublisher,
  weeklyPage,
  type Behaviour,
} from '../test/support/publisher.ts'
import { residentMemory, runMeasured, type Measured } from '../test/support/peak-memory.ts'
import { postgres, startPostgres } from '../test/support/postgres.ts'
import { KIND_OF_FILE, newestWeeks, type Week } from '../bench/weeks.ts'
import { absent, type Figure, type Proof } from './contract.ts'
import { heavyDocuments } from './fuzz/heavy-documents.ts'

export const MOST_BYTES = 300 * 1024 * 1024

const HOSTILE_BYTES = 60_000_000

/** Newer than any week there is, and not in the future. */
const HOSTILE_DATE = '20261102'

/** One sync of whatever the publisher offers as its newest file, measured. */
export interface Scene {
  sync(date: string, file: Behaviour): Promise<Measured>
  close(): Promise<void>
}

/** A database of its own and a publisher on loopback, for as many syncs as wanted. */
export async function openScene(): Promise<Scene> {
  const server = await startPostgres()
  const publisher = await startPublisher()
  const settings = { DATABASE_URL: server.url, RANGEWARDEN_PUBLISHER_URL: publisher.origin }
  return {
    sync(date, file) {
      const page = weeklyPage('Public', [date])
      publisher.answer(pagePath('Public'), bytes(page, { 'content-type': 'text/html' }))
      publisher.answer(filePath('Public', date), file)
      return runMeasured(['sync', '--cloud', 'Public'], settings)
    },
    async close() {
      await publisher.close()
      await server.stop()
    },
  }
}

export function digitsOf({ fileDate }: Week): string {
  return fileDate.replaceAll('-', '')
}

/** A valid JSON text of tiny objects. */
export function tinyObjects(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(`[${'{},'.repeat(size / 3 - 1)}{}]`)
}

export const memory: Proof = {
  name: 'memory',
  claim:
    'A sync of the newest Public file on PostgreSQL takes at most 300 MiB resident, and so does ' +
    'refusing what is made to take more',
  async run({ say }) {
    const { missing } = { ...postgres, ...residentMemory }
    if (missing !== undefined) return [absent('peak resident memory of a sync', missing)]
    const scene = await openScene()
    try {
      const figures: Figure[] = []
      for (const { what, date, file, isRight, exitCode } of syncs()) {
        const { code, said, peak } = await scene.sync(date, file)
        const size = `${(peak / 2 ** 20).toFixed(0)} MiB`
        const value = code === exitCode ? size : `${size}, exit code ${String(code)}`
        const holds = code === exitCode && peak > 0 && peak <= MOST_BYTES
        figures.push({ what, value, ...(isRight ? {} : { limit: '300 MiB', holds }) })
        say(`${value} ${what}${holds ? '' : `: ${said.trim().slice(0, 300)}`}`)
      }
      return figures
    } finally {
      await scene.close()
    }
  },
}

interface MeasuredSync {
  readonly what: string
  readonly date: string
  readonly file: Behaviour
  /** As large as may be read, and nothing wrong with it: its figure informs. */
  readonly isRight?: boolean
  readonly exitCode: number
}

function* syncs(): Iterable<MeasuredSync> {
  for (const [i, week] of newestWeeks(2).entries()) {
    const what = `${KIND_OF_FILE} Public file ${week.fileDate}, ${i === 0 ? 'the first' : 'the next'}`
    yield { what, date: digitsOf(week), file: bytes(week.bytes), exitCode: 0 }
  }
  const hostile = { date: HOSTILE_DATE, exitCode: 4 }
  for (const [how, file] of hostileAnswers()) {
    yield { what: `60 MB of tiny objects${how}, refused`, file, ...hostile }
  }
  for (const { name, bytes: document, isRight = false } of heavyDocuments()) {
    const what = `${(document.length / 1e6).toFixed(0)} MB, ${name}, refused`
    yield { what, file: compressed(document, 'gzip'), isRight, ...hostile }
  }
}

/** How 60 MB can arrive. */
function* hostileAnswers(): Iterable<readonly [string, Behaviour]> {
  const objects = tinyObjects(HOSTILE_BYTES)
  yield ['', bytes(objects)]
  yield [' of untold length', huge(HOSTILE_BYTES, {}, tinyObjects(60_000))]
  yield [' as gzip', compressed(objects, 'gzip')]
  yield [' as brotli', compressed(objects, 'br')]
  yield [' as gzip twice', twiceCompressed(objects)]
}

function twiceCompressed(body: Buffer): Behaviour {
  return bytes(Buffer.from(gzipSync(gzipSync(body))), { 'content-encoding': 'gzip, gzip' })
}
