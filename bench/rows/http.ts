/** How fast a list is handed out, and how fast "you have it": against Fastify doing nothing else. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchRow, Measurement } from '../contract.ts'
import { LIST_PATH } from '../http-child.ts'
import { median } from '../measure.ts'
import { KIND_OF_FILE } from '../weeks.ts'

/** Node and Fastify add these by themselves. */
const CONNECTION_HEADERS = ['connection', 'keep-alive', 'date', 'content-length']

const ROUNDS = 5
const SECONDS = 2
const CONNECTIONS = 10

const CHILD = fileURLToPath(new URL('../http-child.ts', import.meta.url))
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')

const what = `of GET ${LIST_PATH} (${KIND_OF_FILE} Public week) against a bare Fastify route`

export const httpWhole: BenchRow = {
  name: `200s ${what} that sends the same answer`,
  unit: 'requests/s',
  target: { of: 'ratio', atLeast: 0.8 },
  measure: () => compare(200),
}

export const httpNotModified: BenchRow = {
  name: `304s ${what} that compares one tag and sends the same headers`,
  unit: 'requests/s',
  target: { of: 'ratio', atLeast: 0.8 },
  measure: () => compare(304),
}

/** Both servers run all the time, the load takes turns. */
async function compare(status: 200 | 304): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
  const ours = await startServer('ours', folder)
  try {
    const { body, headers } = await readList(ours.url)
    writeFileSync(join(folder, 'list'), body)
    writeFileSync(join(folder, 'headers.json'), JSON.stringify(headers))
    const bare = await startServer('bare', folder)
    try {
      const condition = status === 304 ? ['-H', `if-none-match: ${headers.etag}`] : []
      const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
      for (let round = -1; round < ROUNDS; round++) {
        const own = await load(ours.url, condition, status)
        const reference = await load(bare.url, condition, status)
        if (round < 0) continue
        rates.ours.push(own)
        rates.bare.push(reference)
      }
      return { ours: median(rates.ours), reference: median(rates.bare) }
    } finally {
      await bare.stop()
    }
  } finally {
    await ours.stop()
    rmSync(folder, { recursive: true })
  }
}

interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

async function startServer(kind: 'ours' | 'bare', folder: string): Promise<Running> {
  const child = spawn(process.execPath, [CHILD, kind, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const stop = async (): Promise<void> => {
      child.stdin.end()
      await ended
    }
    if (line.startsWith('http://')) return { url: line, stop }
  }
  throw new Error(`the ${kind} server ended before it listened`)
}

/** The list and the headers that are the list's own, not the connection's. */
async function readList(
  url: string,
): Promise<{ body: Buffer; headers: Record<string, string> & { etag: string } }> {
  const response = await fetch(url + LIST_PATH, { headers: { 'accept-encoding': 'identity' } })
  const etag = response.headers.get('etag')
  if (response.status !== 200 || etag === null) throw new Error(`got ${response.status}, no list`)
  const own = [...response.headers].filter(([name]) => !CONNECTION_HEADERS.includes(name))
  const headers = { ...Object.fromEntries(own), etag }
  return { body: Buffer.from(await response.arrayBuffer()), headers }
}

/** Requests per second by autocannon in a process of its own; every answer has to be the right one. */
async function load(url: string, headers: readonly string[], status: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    AUTOCANNON,
    ...['--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(SECONDS)],
    ...headers,
    url + LIST_PATH,
  ])
  const result: unknown = JSON.parse(stdout)
  const { requests, statusCodeStats, errors } = result as LoadResult
  const right = statusCodeStats[status]?.count ?? 0
  const all = Object.values(statusCodeStats).reduce((sum, one) => sum + (one?.count ?? 0), 0)
  if (errors > 0 || right === 0 || right !== all) {
    throw new Error(`${url} answered ${JSON.stringify(statusCodeStats)}, all ${status} were wanted`)
  }
  return requests.average
}

/** The part of autocannon's result that is read. */
interface LoadResult {
  readonly requests: { readonly average: number }
  readonly statusCodeStats: Readonly<Record<string, { readonly count: number } | undefined>>
  readonly errors: number
}
