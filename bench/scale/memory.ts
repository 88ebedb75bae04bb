/**
 * Resident memory of a replica, and what each cloud, list and span of history adds to it; and what
 * reading history costs, seen on one that is several times as long as what was published.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLOUDS, type Cloud } from '../../src/core/cloud.ts'
import type { Costs } from './costs.ts'
import type { Database, Server } from './database.ts'
import type { SampleList } from './lists.ts'
import { processorMs } from './processor.ts'
import { startService, untilServed, type Service } from './service.ts'

/** What a process takes is another each time. */
const ROUNDS = 2

const SPANS = 100_000

export interface MemoryCosts extends Pick<
  Costs,
  'replicaBytes' | 'listMemoryBytes' | 'spanBytes' | 'spansMs' | 'spansServerMs'
> {
  readonly clouds: Readonly<Record<Cloud, number>>
}

/** The lists are stored before and gone afterwards; a history that never was is there. */
export async function measureMemory(
  server: Server,
  database: Database,
  lists: readonly SampleList[],
): Promise<MemoryCosts> {
  const empty = await server.createDatabase()
  const names = lists.map(({ name }) => name)
  const loaded = await observe(server, database, CLOUDS, names)
  await database.run('DELETE FROM allowlist')
  const all = await observe(server, database, CLOUDS, [])
  const publicOnly = await observe(server, database, ['Public'], [])
  const nothing = await observe(server, empty, CLOUDS, undefined)
  // Those of the others are too small to be told apart.
  const other = Math.max(0, (all.resident - publicOnly.resident) / (CLOUDS.length - 1))
  const spans = () => database.number('SELECT count(*) FROM membership_interval')
  const before = await spans()
  await addPast(database)
  const added = (await spans()) - before
  const longer = await observe(server, database, ['Public'], [])
  const ofSpan = (figure: 'known' | 'readMs' | 'readServerMs'): number =>
    Math.max(0, (longer[figure] - publicOnly[figure]) / added)
  return {
    replicaBytes: nothing.resident,
    listMemoryBytes: Math.max(0, (loaded.known - all.known) / lists.length),
    spanBytes: ofSpan('known'),
    spansMs: SPANS * ofSpan('readMs'),
    spansServerMs: SPANS * ofSpan('readServerMs'),
    clouds: {
      Public: Math.max(0, publicOnly.resident - nothing.resident),
      AzureGovernment: other,
      China: other,
      AzureGermany: other,
    },
  }
}

interface Observed {
  readonly resident: number
  /** To the engine: the heap, and buffers outside it. */
  readonly known: number
  /** Processor time of the first question about the past, which makes a process read all of it. */
  readonly readMs: number
  readonly readServerMs: number
}

/** @param lists to ask for beside the built-in ones; undefined where nothing is published */
async function observe(
  server: Server,
  { url }: Database,
  clouds: readonly Cloud[],
  lists: readonly string[] | undefined,
): Promise<Observed> {
  const rounds: Observed[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await withService(url, clouds, async (service) => {
      const builtIn = clouds.map((cloud, i) =>
        i === 0 ? 'app-proxy-ip' : `app-proxy-ip.${cloud.toLowerCase()}`,
      )
      for (const name of lists ? [...builtIn, ...lists] : []) await untilServed(service.url, name)
      const [ms, serverMs] = [processorMs(service.pid), server.processorMs()]
      if (lists) await service.ask('/v1/lookup/20.33.0.1')
      const readMs = processorMs(service.pid) - ms
      const readServerMs = server.processorMs() - serverMs
      const { resident, heap, external } = await service.memory()
      rounds.push({ resident, known: heap + external, readMs, readServerMs })
    })
  }
  // What else a process does in its first seconds comes on top, more or less.
  const least = (figure: (of: Observed) => number): number => Math.min(...rounds.map(figure))
  return {
    resident: least(({ resident }) => resident),
    known: least(({ known }) => known),
    readMs: least(({ readMs }) => readMs),
    readServerMs: least(({ readServerMs }) => readServerMs),
  }
}

/** Spans in times before the first week, for each that there is. */
const COPIES = 4

/** Weeks long before the first one, in each of which all was there: nothing that is current is touched. */
async function addPast(database: Database): Promise<void> {
  const position = (n: string): string => `2010000101 + 10000 * ${n}`
  await database.run(`
    INSERT INTO snapshot (id, cloud, file_date, revision, position, document_id, content_hash,
      change_number, tags, memberships)
    SELECT 'past-' || n, cloud, make_date(2010, n, 1), 1, ${position('n')}, document_id,
      content_hash, change_number, tags, memberships
    FROM (SELECT * FROM snapshot WHERE cloud = 'Public' ORDER BY position LIMIT 1) AS one,
      generate_series(1, ${COPIES + 1}) AS n`)
  await database.run(`
    INSERT INTO membership_interval (tag_id, prefix_id, from_position, until_position)
    SELECT DISTINCT m.tag_id, m.prefix_id, ${position('n')}, ${position('(n + 1)')}
    FROM membership_interval m
    JOIN tag t ON t.id = m.tag_id AND t.cloud = 'Public', generate_series(1, ${COPIES}) n`)
}

/** With nothing to take in: what parsing leaves behind is another matter. */
async function withService(
  databaseUrl: string,
  clouds: readonly Cloud[],
  work: (service: Service) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-scale-'))
  const service = await startService({
    DATABASE_URL: databaseUrl,
    RANGEWARDEN_CLOUDS: clouds.join(','),
    RANGEWARDEN_SOURCE: `folder:${folder}`,
  })
  try {
    await work(service)
  } finally {
    await service.stop()
    rmSync(folder, { recursive: true })
  }
}
