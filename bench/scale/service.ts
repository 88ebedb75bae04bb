/** The service as it is installed, in a process of its own, watched from outside. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Settings } from '../../test/support/command-line.ts'
import { endWith } from '../http-servers.ts'
import type { MemoryFigures } from '../memory-probe.ts'

export interface Service {
  readonly url: string
  readonly pid: number
  /** After a collection of garbage. */
  memory(): Promise<MemoryFigures>
  /** Asks with the admin token; the answer has to be a good one. */
  ask(path: string, method?: 'GET' | 'POST', body?: unknown): Promise<unknown>
  stop(): Promise<void>
}

const PROBE = fileURLToPath(new URL('../memory-probe.ts', import.meta.url))
const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

const ADMIN_TOKEN = 'a-token-for-benchmarks'

/** As much of what it logged as explains why it has ended. */
const LAST_WORDS = 2_000

/** Of every service that is measured; the clients are all at one address. */
const SETTINGS = {
  RANGEWARDEN_ADMIN_TOKEN: ADMIN_TOKEN,
  RANGEWARDEN_PORT: '0',
  RANGEWARDEN_DRAIN_SECONDS: '0',
  RANGEWARDEN_RATE_LIMIT: '9999999',
  RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
  // Weeks that are far apart are no reason to ask a person.
  RANGEWARDEN_GUARD: 'permissive',
  // With them every format can be prepared.
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:3128',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}

/** When this is done it listens. */
export async function startService(settings: Settings): Promise<Service> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, LAUNCHER, 'serve'], {
    env: { PATH, HOME, ...SETTINGS, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = endWith(child)
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    // Read to the end: a full pipe would stop it.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-100_000)
      const found = /"url":"(http:[^"]+)"/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the service ended:\n${said}`)))
  })
  const { pid } = child
  if (pid === undefined) throw new Error('a process that says something has a number')
  return {
    url,
    pid,
    async memory() {
      const answered = once(child.stdout, 'data')
      child.kill('SIGUSR2')
      return JSON.parse(String(await answered)) as MemoryFigures
    },
    async ask(path, method = 'GET', body) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((cause: unknown) => {
        throw new Error(`the service does not answer: ${said.slice(-LAST_WORDS)}`, { cause })
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path} gave ${answer.status}: ${text}`)
      const parsed: unknown = JSON.parse(text)
      return parsed
    },
    stop,
  }
}

const TRIES = 600
const PAUSE_MS = 50

/** Lists are made ready after they are stored or published; whoever asks has them kept in memory. */
export async function untilServed(url: string, list: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await fetch(`${url}/l/${list}/text.txt`)
    await answer.arrayBuffer()
    if (answer.status === 200) return
    await wait(PAUSE_MS)
  }
  throw new Error(`${list} is not served`)
}
