/**
 * The service as a process that can be killed in the middle of anything, and asked over HTTP. Its
 * own settings only; it listens on a free port of loopback.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Settings } from './command-line.ts'

export interface KillableService {
  /** The address it listens on; rejects with what it said when it ends before it listens. */
  readonly listening: Promise<string>
  /** When it is gone, killed or not. */
  readonly ended: Promise<void>
  /** Ends it at once, as a power cut of the process would, and waits until it is gone. */
  kill(): Promise<void>
  /** Everything it has logged. */
  said(): string
}

export interface RunAnswer {
  readonly id: string
  readonly state: string
  readonly outcome: string | null
  readonly detail: unknown
}

const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

/** Of every service started here. */
export const ADMIN_TOKEN = 'a-token-for-tests'

/** Longer than any machine needs to complete a run of a small file. */
const PATIENCE_MS = 120_000

const POLL_MS = 25

export function startService(settings: Settings): KillableService {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--port', '0'], {
    env: { PATH, HOME, RANGEWARDEN_ADMIN_TOKEN: ADMIN_TOKEN, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close').then(() => undefined)
  let said = ''
  const listening = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /"url":"(http:[^"]+)"/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    void ended.then(() => reject(new Error(`the service ended before it listened: ${said}`)))
  })
  listening.catch(() => undefined) // killed on purpose, mostly
  return {
    listening,
    ended,
    said: () => said,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Asks for a run; undefined when the service is gone before it answers, or its database is. */
export async function askForRun(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    if (response.status !== 202) return undefined
    const { run } = (await response.json()) as { run: RunAnswer }
    return run.id
  } catch {
    return undefined
  }
}

/** Asks until the answer is good; connections that fail and statuses that are not 200 are not. */
export async function untilAnswered<T>(
  url: string,
  path: string,
  isGood: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  let last = 'no answer'
  while (performance.now() < deadline) {
    try {
      const response = await fetch(url + path)
      const text = await response.text()
      last = `${response.status} ${text.slice(0, 500)}`
      if (response.status === 200) {
        const answer = JSON.parse(text) as T
        if (isGood(answer)) return answer
      }
    } catch (error) {
      last = String(error)
    }
    await wait(POLL_MS)
  }
  throw new Error(`${path} was not answered as hoped in ${PATIENCE_MS} ms: ${last}`)
}

/** Waits until no run of the cloud is under way, and gives the one with this id or the newest. */
export async function untilCompleted(url: string, id: string | undefined): Promise<RunAnswer> {
  const isDone = ({ runs }: { runs: readonly RunAnswer[] }): boolean =>
    runs.length > 0 && runs.every(({ state }) => state === 'finished')
  const { runs } = await untilAnswered(url, '/v1/runs?limit=10', isDone)
  const run = id === undefined ? runs[0] : runs.find((one) => one.id === id)
  if (!run) throw new Error(`run ${String(id)} is not among the last ten`)
  return run
}
