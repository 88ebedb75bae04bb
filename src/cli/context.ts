/** What every command is given, and how it opens the service and is sure to close it again. */
import type { Config, Overrides } from '../config.ts'
import { invalidInput } from '../core/errors.ts'
import type { Timelines } from '../history/timelines.ts'
import type { Lists } from '../lists/lists.ts'
import type { Run, Store } from '../store/contract.ts'
import type { GuardDeps } from '../sync/judge-candidate.ts'
import type { RunWish } from '../sync/runner.ts'
import type { Io } from './io.ts'

/** What commands use of the composition root, which stands above this room. */
export interface Service {
  readonly config: Config
  readonly store: Store
  readonly lists: Lists
  readonly timelines: Timelines
  readonly guard: GuardDeps
  runNow(wish: RunWish, signal: AbortSignal): Promise<Run>
  serve(): Promise<string>
  /** Also after it was closed. `drain`: see `App`. */
  close(options?: { readonly drain: boolean }): Promise<void>
}

export interface Surroundings {
  readonly io: Io
  /** Ends what a command waits for: SIGINT or SIGTERM. */
  readonly stop: AbortSignal
  /** @throws RangewardenError `invalid-input` with every mistake */
  readonly readConfig: (overrides: Overrides) => Config
  readonly openService: (config: Config, use: ServiceUse) => Promise<Service>
}

/** `serve` logs what it does; other commands say themselves what came of it. */
export type ServiceUse = 'serve' | 'command'

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly url?: string
  readonly dataDir?: string
}

export interface Context extends Surroundings {
  readonly json: boolean
  /** Origin and path of a running service, without a slash at the end; undefined: the database. */
  readonly url: string | undefined
  readonly dataDir: string | undefined
}

/** @throws RangewardenError `invalid-input` for a URL that is none */
export function contextOf(surroundings: Surroundings, options: GlobalOptions): Context {
  const { json = false, url, dataDir } = options
  return { ...surroundings, json, dataDir, url: url === undefined ? undefined : serviceUrl(url) }
}

export async function withService<T>(
  { openService, readConfig, dataDir }: Context,
  { use, overrides = {} }: { use: ServiceUse; overrides?: Overrides },
  work: (service: Service) => Promise<T>,
): Promise<T> {
  const service = await openService(readConfig({ dataDir, ...overrides }), use)
  try {
    return await work(service)
  } finally {
    await service.close()
  }
}

function serviceUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:'
  if (
    !parsed ||
    !isHttp ||
    parsed.search + parsed.hash + parsed.username + parsed.password !== ''
  ) {
    throw invalidInput(`--url "${text}": a service is written http://HOST:PORT or https://HOST`)
  }
  return parsed.href.replace(/\/+$/, '')
}
