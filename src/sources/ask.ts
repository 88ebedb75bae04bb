/**
 * The requests of one strategy: each within the limits, each read by a rule of the strategy, each
 * recorded. Nothing else in this room sends a request.
 */
import { hash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { FileDate } from '../core/file-date.ts'
import type { Result } from '../core/result.ts'
import type { Fetched, FetchAttempt, FetchRequest, Source, Validators } from './contract.ts'
import { get, type Answer, type HttpLimits } from './http-client.ts'
import type { Publisher } from './publisher.ts'

/** One way to find the newest file: a source of its own that can learn from the ways before it. */
export interface Strategy extends Source {
  /** False where it cannot work: then it is not tried, and that it was not says nothing. */
  readonly applies?: (request: StrategyRequest) => boolean
  fetch(request: StrategyRequest): Promise<StrategyAnswer>
}

export interface StrategyRequest extends FetchRequest {
  /** Addresses asked in this fetch: asking again would only repeat the answer. */
  readonly asked?: ReadonlySet<string> | undefined
  /** Date of the file that the publisher's page names: one of an earlier date is not what we want. */
  readonly namedDate?: FileDate | undefined
}

/** `namedDate` beside a failure: a page named a file of that date, and it could not be had. */
export type StrategyAnswer = Fetched & { readonly namedDate?: FileDate | undefined }

/** What every strategy is made of. */
export interface StrategyDeps {
  readonly publisher: Publisher
  readonly dispatcher: Dispatcher
  /** Requests without one are refused by the page's host. */
  readonly userAgent: string
  readonly limits: StrategyLimits
}

export interface StrategyLimits {
  readonly http: HttpLimits
  readonly pageBytes: number
  readonly fileBytes: number
  /** How many links of one date are tried. */
  readonly links: number
}

export type FetchFailure = Exclude<Fetched, { kind: 'document' } | { kind: 'not-modified' }>

/** What arrived; a 304 brings no bytes. */
export interface Arrived {
  readonly bytes: Buffer | undefined
  readonly validators: Validators
}

/** What the strategy makes of it: a value, or what was found and the rule against it. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly found: string; readonly reason: string }

export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  /** `status` as in `FetchAttempt`. */
  | { readonly ok: false; readonly failure: FetchFailure; readonly status: number | undefined }

/** Asks for one address and reads the answer. */
export type Ask = <T>(
  url: URL,
  expects: 'page' | 'file',
  read: (arrived: Arrived) => Reading<T>,
) => Promise<Asked<T>>

/** Pages are asked for anew each time, files with what is remembered of their address. */
export function createAsk(strategy: string, deps: StrategyDeps, request: FetchRequest): Ask {
  const { publisher, dispatcher, userAgent, limits } = deps
  const { signal, now, record, validatorsOf } = request
  return async (url, expects, read) => {
    const answer = await get(url, {
      dispatcher,
      userAgent,
      expects,
      signal,
      now,
      limits: limits.http,
      maxBytes: expects === 'page' ? limits.pageBytes : limits.fileBytes,
      locate: (location, base) => publisher.locate(location, base, 'any'),
      validators: expects === 'page' ? undefined : await validatorsOf(url.href),
    })
    const asked = judged(url, answer, read)
    record(attempt(strategy, url, expects, answer, asked.ok ? undefined : asked.failure))
    return asked
  }
}

/** A file, and what is known of it before it is there. */
export interface FileTarget {
  readonly url: URL
  readonly fileName: string
  /** In bytes, where a page says it. */
  readonly size?: number | undefined
  /** From its validators where the name has no date. */
  readonly fileDate: (validators: Validators) => Result<FileDate>
}

/** The file as a fetch's answer; a failure comes with its status. */
export async function fetchFile(
  ask: Ask,
  strategy: string,
  { url, fileName, size, fileDate }: FileTarget,
): Promise<Asked<Fetched>> {
  return ask<Fetched>(url, 'file', ({ bytes, validators }) => {
    const date = fileDate(validators)
    if (!date.ok) return { ok: false, found: fileName, reason: date.reason }
    const origin = { strategy, url: url.href, fileName, fileDate: date.value, validators }
    if (!bytes) return { ok: true, value: { kind: 'not-modified', origin } }
    if (size !== undefined && size !== bytes.length) {
      const reason = `truncated or another file: the download page says ${size} bytes`
      return { ok: false, found: `${bytes.length} bytes`, reason }
    }
    return { ok: true, value: { kind: 'document', bytes, origin } }
  })
}

function judged<T>(
  url: URL,
  { outcome, status }: Answer,
  read: (arrived: Arrived) => Reading<T>,
): Asked<T> {
  if (outcome.kind === 'unavailable' || outcome.kind === 'refused') {
    return { ok: false, failure: outcome, status }
  }
  const bytes = outcome.kind === 'body' ? outcome.bytes : undefined
  const reading = read({ bytes, validators: outcome.validators })
  if (reading.ok) return reading
  const refusal = { path: url.href, value: reading.found, reason: reading.reason }
  return { ok: false, failure: { kind: 'refused', refusals: [refusal], url: url.href }, status }
}

/** What the run record says of the request. */
function attempt(
  strategy: string,
  { href: url }: URL,
  expects: 'page' | 'file',
  { outcome, status }: Answer,
  failure: FetchFailure | undefined,
): FetchAttempt {
  const { etag, lastModified } = 'validators' in outcome ? outcome.validators : {}
  const arrived = outcome.kind === 'body' ? (expects === 'page' ? 'page' : 'document') : undefined
  return {
    strategy,
    url,
    ...(status === undefined ? {} : { status }),
    result: failure?.kind ?? arrived ?? 'not-modified',
    ...(failure ? { reason: saidBy(failure) } : {}),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(outcome.kind === 'body' ? factsOf(outcome.bytes) : {}),
    at: new Date().toISOString(),
  }
}

/** The facts of bytes that arrived, as in `FetchAttempt`. */
export function factsOf(bytes: Buffer): { sha256: string; bytes: number } {
  return { sha256: hash('sha256', bytes), bytes: bytes.length }
}

/** A failure in one line: where, what was found, and the rule. */
export function saidBy(failure: FetchFailure): string {
  if (failure.kind === 'unavailable') return failure.reason
  return failure.refusals
    .map(({ path, value, reason }) => `${path}: ${value}: ${reason}`)
    .join('; ')
}
