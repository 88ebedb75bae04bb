/**
 * A whole service with all that it can tell of: https, a folder that files come to, webhooks. What it
 * says at /metrics after each step of its life.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { makeAuthority } from '../support/certificates.ts'
import type { Settings } from '../support/command-line.ts'
import { readExposition, type Exposition } from '../support/exposition.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { startService } from '../support/service.ts'

export interface ScriptedLife {
  /** A GET, a POST of a body. */
  ask(path: string, body?: object): Promise<Response>
  /** The only file there is from now on; undefined, as it begins: not even a folder. */
  offer(week: { readonly fileName: string; readonly text: string } | undefined): void
  /** Asks for a run and waits for what it comes to. */
  run(): Promise<string>
  text(): Promise<string>
  scrape(): Promise<Exposition>
  /** The first scrape that is as it should be; the last one, if none is in time. */
  scrapeUntil(isSo: (told: Exposition) => boolean): Promise<Exposition>
  close(): Promise<void>
}

/** What everybody here trusts while a life lasts, and nothing else. */
export const authority = makeAuthority('Authority of the tests')

/** States are looked at every 15 seconds; the machine may have more to do. */
const PATIENCE_MS = 60_000

/** Two weeks whose files are of these days. */
export function recentWeeks(): [WeeklyDocument, WeeklyDocument] {
  const from = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10)
  return makeFeed({ weeks: 2, from }) as [WeeklyDocument, WeeklyDocument]
}

export async function beginLife(folder: string, settings: Settings = {}): Promise<ScriptedLife> {
  const trustedBefore = getCACertificates('default')
  setDefaultCACertificates([authority.cert])
  const { cert, key } = authority.issue(['localhost'], 30)
  const files = join(folder, 'files')
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  const service = await startService(join(folder, 'data'), {
    RANGEWARDEN_SOURCE: `folder:${files}`,
    RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
    RANGEWARDEN_TLS_CERT: certFile,
    RANGEWARDEN_TLS_KEY: keyFile,
    ...settings,
  })
  const origin = service.url.replace('127.0.0.1', 'localhost')

  function ask(path: string, body?: object): Promise<Response> {
    const authorization = `Bearer ${service.settings['RANGEWARDEN_ADMIN_TOKEN'] ?? ''}`
    if (!body) return fetch(origin + path, { headers: { authorization } })
    const headers = { authorization, 'content-type': 'application/json' }
    return fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async function text(): Promise<string> {
    return (await ask('/metrics')).text()
  }

  async function scrapeUntil(isSo: (told: Exposition) => boolean): Promise<Exposition> {
    for (const deadline = performance.now() + PATIENCE_MS; ;) {
      const told = readExposition(await text())
      if (isSo(told) || performance.now() > deadline) return told
      await wait(50)
    }
  }

  return {
    ask,
    text,
    scrape: async () => readExposition(await text()),
    scrapeUntil,
    offer(week) {
      rmSync(files, { recursive: true, force: true })
      if (!week) return
      mkdirSync(files)
      writeFileSync(join(files, week.fileName), week.text)
    },
    async run() {
      for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline;) {
        const { run, joined } = (await (await ask('/v1/runs', {})).json()) as {
          run: { id: string }
          joined: boolean
        }
        const outcome = await outcomeOf(run.id, deadline)
        // One that was under way may have looked before.
        if (!joined && outcome !== undefined) return outcome
      }
      throw new Error('no run came to an end')
    },
    async close() {
      await service.close()
      setDefaultCACertificates(trustedBefore)
    },
  }

  async function outcomeOf(id: string, deadline: number): Promise<string | undefined> {
    while (performance.now() < deadline) {
      const { state, outcome } = (await (await ask(`/v1/runs/${id}`)).json()) as {
        state: string
        outcome: string
      }
      if (state === 'finished') return outcome
      await wait(25)
    }
    return undefined
  }
}
