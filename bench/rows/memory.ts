/**
 * What the current snapshots of four clouds add to the service's resident memory: one process on a
 * database that holds them and one on an empty one, in turn, each asked the same questions first.
 * The database is filled by another process before, and is PostgreSQL where the machine has it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CLOUDS, type Cloud } from '../../src/core/cloud.ts'
import { makeFeed, REAL_SIZE } from '../../test/support/feed.ts'
import { residentMemory, runMeasured } from '../../test/support/peak-memory.ts'
import { postgres, startPostgres } from '../../test/support/postgres.ts'
import { realFiles } from '../../test/support/real-files.ts'
import type { BenchRow, Measurement } from '../contract.ts'
import { median, quartiles } from '../measure.ts'
import type { MemoryFigures } from '../memory-probe.ts'

const ROUNDS = 3
const MIB = 2 ** 20

const PROBE = fileURLToPath(new URL('../memory-probe.ts', import.meta.url))
const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

const SETTINGS = {
  RANGEWARDEN_CLOUDS: CLOUDS.join(','),
  RANGEWARDEN_PORT: '0',
  // With them every format can be prepared.
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:3128',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}

export const memory: BenchRow = {
  name:
    'Resident memory that the current snapshots, indexes and prepared lists of four clouds add to ' +
    'the idle service, after a collection; reference: the size of their four documents',
  unit: 'MiB',
  target: { of: 'ratio', atMost: 10 },
  measure: async () => {
    const { missing } = residentMemory
    if (missing !== undefined) return { absent: missing }
    const home = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
    const server = postgres.missing === undefined ? await startPostgres() : undefined
    const database = async (name: string): Promise<Record<string, string>> =>
      server
        ? { DATABASE_URL: await server.createDatabase() }
        : { RANGEWARDEN_DATA_DIR: join(home, name) }
    try {
      const [empty, full] = [await database('empty'), await database('full')]
      const bytes = await fill(full, join(home, 'weeks'))
      return await compare(empty, full, bytes, server ? 'PostgreSQL' : 'embedded')
    } finally {
      await server?.stop()
      rmSync(home, { recursive: true })
    }
  },
}

/** Imports each cloud's newest document and publishes it; gives their size together. */
async function fill(database: Readonly<Record<string, string>>, folder: string): Promise<number> {
  mkdirSync(folder)
  const documents = CLOUDS.map(newestDocument)
  for (const { name, bytes } of documents) writeFileSync(join(folder, name), bytes)
  const { code, said } = await runMeasured(['import', folder], { ...SETTINGS, ...database })
  if (code !== 0) throw new Error(`the import ended with ${String(code)}: ${said}`)
  return documents.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

/** The real one where it is at hand; of a generated one no cloud but its own reads. */
function newestDocument(cloud: Cloud): { name: string; bytes: Buffer } {
  const real = realFiles().findLast((file) => file.cloud === cloud)
  if (real) return { name: real.name.replace(/\.gz$/, ''), bytes: real.bytes() }
  const [week] = makeFeed({ ...REAL_SIZE, cloud, weeks: 1 })
  if (!week) throw new Error('a feed of one week has one')
  return { name: week.fileName, bytes: Buffer.from(week.text) }
}

async function compare(
  empty: Readonly<Record<string, string>>,
  full: Readonly<Record<string, string>>,
  bytes: number,
  engine: string,
): Promise<Measurement> {
  const [idle, loaded]: [MemoryFigures[], MemoryFigures[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    idle.push(await memoryOf(empty, 503))
    loaded.push(await memoryOf(full, 200))
  }
  const added = (figure: (of: MemoryFigures) => number): number =>
    median(loaded.map(figure)) - median(idle.map(figure))
  const base = median(idle.map(({ resident }) => resident))
  const each = loaded.map(({ resident }) => (resident - base) / MIB)
  return {
    ours: added(({ resident }) => resident) / MIB,
    reference: bytes / MIB,
    quartiles: { ours: quartiles(each) },
    details: {
      engine,
      'resident MiB, idle': round(base),
      'resident MiB, loaded': round(median(loaded.map(({ resident }) => resident))),
      'heap MiB added': round(added(({ heap }) => heap)),
      'external MiB added': round(added(({ external }) => external)),
    },
  }
}

function round(bytes: number): number {
  return Math.round((10 * bytes) / MIB) / 10
}

/** Starts the service, asks for everything once and measures; `status` is what lists must answer. */
async function memoryOf(
  database: Readonly<Record<string, string>>,
  status: 200 | 503,
): Promise<MemoryFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', PROBE, LAUNCHER, 'serve', '--source', `folder:${folder}`],
    {
      env: { PATH, HOME, ...SETTINGS, ...database },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const ended = once(child, 'exit')
  try {
    await askForAll(await addressOf(child), status)
    const answered = once(child.stdout, 'data')
    child.kill('SIGUSR2')
    return JSON.parse(String(await answered)) as MemoryFigures
  } finally {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true })
  }
}

/** From the log, which is read to the end: a full pipe would stop the service. */
function addressOf(child: ChildProcess): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /"url":"(http:[^"]+)"/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the service ended:\n${said}`)))
  })
}

interface Definitions {
  readonly allowlists: readonly { readonly name: string }[]
}

interface Formats {
  readonly formats: readonly { readonly path: string; readonly available: boolean }[]
}

/** What is made when it is first asked for is made now: every list, and a look into every cloud. */
async function askForAll(url: string, status: 200 | 503): Promise<void> {
  await settled(url, status)
  const { allowlists } = (await json(`${url}/v1/allowlists`)) as Definitions
  for (const { name } of allowlists) {
    const { formats } = (await json(`${url}/v1/allowlists/${name}`)) as Formats
    for (const { path, available } of formats) {
      const answer = await fetch(url + path, { headers: { 'accept-encoding': 'gzip' } })
      await answer.arrayBuffer()
      if (available && answer.status !== status) throw new Error(`${path} gave ${answer.status}`)
    }
  }
  const lookup = await fetch(`${url}/v1/lookup/20.33.0.1`)
  const said = await lookup.text()
  if (status === 200 && lookup.status !== 200) {
    throw new Error(`the lookup gave ${lookup.status}: ${said}`)
  }
}

/** Lists are prepared after the start; bounded, as it may never come. */
async function settled(url: string, status: 200 | 503): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answers = await Promise.all(
      CLOUDS.map(async (cloud, i) => {
        const name = i === 0 ? 'app-proxy-ip' : `app-proxy-ip.${cloud.toLowerCase()}`
        const answer = await fetch(`${url}/l/${name}/text.txt`)
        await answer.arrayBuffer()
        return answer.status
      }),
    )
    if (answers.every((answer) => answer === status)) return
    await wait(100)
  }
  throw new Error(`the lists did not answer ${status}`)
}

async function json(url: string): Promise<unknown> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} gave ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
