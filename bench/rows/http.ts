/** How fast a list is handed out, and how fast "you have it": against Fastify doing nothing else. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BenchRow, Measurement } from '../contract.ts'
import { LIST_PATH } from '../http-child.ts'
import { CREDENTIALS, rateOf, readList, startServer } from '../http-servers.ts'
import { median } from '../measure.ts'
import { KIND_OF_FILE } from '../weeks.ts'

const ROUNDS = 5
const SECONDS = 2
const CONNECTIONS = 10

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
      const credentials = ['-H', `authorization: ${CREDENTIALS.authorization}`]
      const condition = status === 304 ? ['-H', `if-none-match: ${headers.etag}`] : []
      const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
      for (let round = -1; round < ROUNDS; round++) {
        const own = await load(ours.url, [...credentials, ...condition], status)
        const reference = await load(bare.url, [...credentials, ...condition], status)
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

/** Requests per second by autocannon in a process of its own; every answer has to be the right one. */
async function load(url: string, headers: readonly string[], status: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    AUTOCANNON,
    ...['--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(SECONDS)],
    ...headers,
    url + LIST_PATH,
  ])
  return rateOf(stdout, url, status)
}
