/**
 * A life as hard as a pod's first day: it starts with nothing, takes its first week in, then the next,
 * then one that somebody uploads; everything it can be asked for is asked for once; then devices poll,
 * and in the end nothing happens.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { runCli } from '../../test/support/command-line.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { peakMemory, processorMs, residentBytes } from '../scale/processor.ts'
import { newestWeeks, type Week } from '../weeks.ts'
import { startPod, TOKEN, type RunningPod } from './pod.ts'
import type { Figures, Pod } from './results.ts'

/** Some thousand devices that ask every five minutes. */
export const POLLS_PER_SECOND = 20

const POLLING_MS = 30_000
const QUIET_MS = 20_000
const PATIENCE_MS = 300_000

export interface LifeOptions {
  /** In a memory cgroup that ends what takes more. */
  readonly limits?: Partial<Record<Pod, number>>
  readonly say: (line: string) => void
}

type Measured = Omit<Figures, 'livedWithinMiB'>

/** One pod with the embedded database. */
export async function liveEmbedded(options: LifeOptions): Promise<{ embedded: Measured }> {
  return inFolder(async (folder) => {
    const settings = { RANGEWARDEN_DATA_DIR: join(folder, 'data') }
    const pod = await startPod('embedded', { ...settings, ...sourceOf(folder) }, options.limits)
    try {
      const { embedded } = await live({ embedded: pod }, pod, folder, options)
      if (!embedded) throw new Error('the pod was not measured')
      return { embedded }
    } finally {
      await pod.stop()
    }
  })
}

/** A replica and a worker on PostgreSQL. */
export async function liveSplit(
  options: LifeOptions,
): Promise<{ api: Measured; worker: Measured }> {
  const server = await startPostgres()
  try {
    return await inFolder(async (folder) => {
      const shared = { DATABASE_URL: await server.createDatabase(), ...sourceOf(folder) }
      const api = await startPod('api', { ...shared, RANGEWARDEN_ROLE: 'api' }, options.limits)
      const worker = await startPod(
        'worker',
        { ...shared, RANGEWARDEN_ROLE: 'worker' },
        options.limits,
      )
      try {
        const measured = await live({ api, worker }, api, folder, options)
        if (!measured.api || !measured.worker) throw new Error('a pod was not measured')
        return { api: measured.api, worker: measured.worker }
      } finally {
        await api.stop()
        await worker.stop()
      }
    })
  } finally {
    await server.stop()
  }
}

async function live(
  pods: Partial<Record<Pod, RunningPod>>,
  front: RunningPod,
  folder: string,
  { say }: LifeOptions,
): Promise<Partial<Record<Pod, Measured>>> {
  const [old, first, next] = newestWeeks(3)
  if (!old || !first || !next) throw new Error('three weeks are needed')
  const names = Object.keys(pods) as Pod[]
  const each = <T>(work: (pod: RunningPod) => T): Map<Pod, T> =>
    new Map(names.flatMap((name) => (pods[name] ? [[name, work(pods[name])] as const] : [])))

  put(folder, first)
  await front.post('/v1/runs', { cloud: 'Public' })
  await untilServed(front, first)
  await wait(QUIET_MS)
  const startMs = each(({ pid }) => processorMs(pid))
  say(`the first week is served: ${front.name}`)

  put(folder, next)
  await front.post('/v1/runs', { cloud: 'Public' })
  await untilServed(front, next)
  await upload(front, folder, old)
  await askForEverything(front)
  say('two further weeks are taken in, and everything was asked for once')

  const beforeLoad = each(({ pid }) => processorMs(pid))
  const polls = await poll(front)
  const load = each(({ pid }) => processorMs(pid))
  say(`${polls} polls`)
  await wait(QUIET_MS)
  const beforeQuiet = each(({ pid }) => processorMs(pid))
  await wait(QUIET_MS)
  const quiet = each(({ pid }) => processorMs(pid))

  return Object.fromEntries(
    [...each((pod) => pod)].map(([name, { pid }]) => {
      const spent = (from: Map<Pod, number>, to: Map<Pod, number>, ms: number): number =>
        (1000 * ((to.get(name) ?? NaN) - (from.get(name) ?? NaN))) / ms
      return [
        name,
        {
          restMiB: mebi(residentBytes(pid)),
          peakMiB: mebi(peakMemory(pid)),
          idleMillicores: round(spent(beforeQuiet, quiet, QUIET_MS)),
          loadMillicores: round(spent(beforeLoad, load, POLLING_MS)),
          startSeconds: round((startMs.get(name) ?? NaN) / 1000),
        },
      ]
    }),
  )
}

function sourceOf(folder: string): Record<string, string> {
  return { RANGEWARDEN_SOURCE: `folder:${folder}` }
}

function put(folder: string, { fileName, bytes }: Week): void {
  writeFileSync(join(folder, fileName), bytes)
}

async function untilServed(front: RunningPod, { fileDate }: Week): Promise<void> {
  const snapshot = `public-${fileDate.replaceAll('-', '')}-`
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline;) {
    const answer = await fetch(`${front.url}/l/app-proxy-ip/text.txt`)
    await answer.arrayBuffer()
    if (answer.headers.get('rangewarden-snapshot')?.startsWith(snapshot)) return
    await wait(200)
  }
  throw new Error(`${fileDate} is not served`)
}

/** By hand, over the API: the whole document in one request. */
async function upload(front: RunningPod, folder: string, week: Week): Promise<void> {
  const path = join(mkdtempSync(join(folder, 'by-hand-')), week.fileName)
  writeFileSync(path, week.bytes)
  const settings = { RANGEWARDEN_ADMIN_TOKEN: TOKEN }
  const { code, stderr } = await runCli(['--url', front.url, 'import', path], settings)
  if (code !== 0) throw new Error(`the upload ended with ${String(code)}: ${stderr}`)
}

interface Formats {
  readonly formats: readonly { readonly path: string; readonly available: boolean }[]
}

/** Every list in every format, and what is computed when it is asked for, the dearest of each kind. */
async function askForEverything(front: RunningPod): Promise<void> {
  for (const name of ['app-proxy', 'app-proxy-ip', 'app-proxy-any']) {
    const { formats } = (await front.get(`/v1/allowlists/${name}`)) as Formats
    for (const { path, available } of formats) {
      if (available) await fetch(front.url + path).then((answer) => answer.arrayBuffer())
    }
  }
  await front.get('/v1/changes?from=previous&to=latest')
  await front.get('/v1/report')
  const addresses = Array.from({ length: 10_000 }, (_, i) => `20.${i % 256}.${(i >> 8) % 256}.1`)
  await front.post('/v1/lookup', { addresses })
  await fetch(`${front.url}/v1/export/json?tag=AzureCloud`).then((answer) => answer.arrayBuffer())
  await fetch(`${front.url}/v1/changes.atom`).then((answer) => answer.arrayBuffer())
}

/** As devices do: most are told that nothing is new. */
async function poll(front: RunningPod): Promise<number> {
  const path = `${front.url}/l/app-proxy-ip/text.txt`
  const first = await fetch(path)
  await first.arrayBuffer()
  const etag = first.headers.get('etag') ?? ''
  let polls = 0
  const started = performance.now()
  while (performance.now() - started < POLLING_MS) {
    const headers = polls % 10 === 0 ? {} : { 'if-none-match': etag }
    const answer = await fetch(path, { headers })
    await answer.arrayBuffer()
    if (answer.status !== 200 && answer.status !== 304) throw new Error(`status ${answer.status}`)
    polls++
    await wait(Math.max(0, started + (polls * 1000) / POLLS_PER_SECOND - performance.now()))
  }
  return polls
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-resources-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function mebi(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}
