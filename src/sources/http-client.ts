/**
 * One bounded GET: size, total time, stalls, redirects and where they lead. Every way it can end is
 * a value; an unexpected status or a lost connection is `unavailable`; a body that breaks a rule, a
 * page where a file was asked for and a redirect to somewhere else are `refused`.
 */
import { request, type Dispatcher } from 'undici'
import { messageOf } from '../core/errors.ts'
import type { Result } from '../core/result.ts'
import type { Refusal } from '../core/service-tags.ts'
import { discard, ENCODINGS, readBody } from './body.ts'
import type { Validators } from './contract.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { sample } from './sample.ts'

export interface HttpLimits {
  /** From the first connection to the last byte, redirects included. Milliseconds. */
  readonly totalMs: number
  /** How long the head of a response may take. Milliseconds. */
  readonly headersMs: number
  /** The longest silence within a body. Milliseconds. */
  readonly silenceMs: number
  readonly redirects: number
}

export const HTTP_LIMITS: HttpLimits = {
  totalMs: 120_000,
  headersMs: 30_000,
  silenceMs: 30_000,
  redirects: 5,
}

export interface GetRequest {
  readonly dispatcher: Dispatcher
  readonly userAgent: string
  /** A page is HTML; HTML in place of a file is a sign-in or an error page, whatever its status. */
  readonly expects: 'page' | 'file'
  readonly limits: HttpLimits
  /** Of the body, as it arrives and decompressed. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  readonly validators?: Validators | undefined
  /** What a date in Retry-After is counted from. */
  readonly now: Date
  /** Where a Location leads, or the rule against going there. */
  readonly locate: (location: string, base: URL) => Result<URL>
}

export type Outcome =
  | { readonly kind: 'body'; readonly bytes: Buffer; readonly validators: Validators }
  | { readonly kind: 'not-modified'; readonly validators: Validators }
  | {
      readonly kind: 'unavailable'
      readonly reason: string
      readonly url: string
      readonly retryAfterSeconds?: number | undefined
    }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[]; readonly url: string }

export interface Answer {
  readonly outcome: Outcome
  /** Of the last answer, redirects included; undefined if there was none. */
  readonly status: number | undefined
}

type Step = Outcome | { readonly kind: 'redirect'; readonly location: string }

const HTML = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** Statuses with which a publisher asks for time. */
const LATER: readonly number[] = [429, 503]

/** Never rejects. `url` of a failure is the address that failed: the last one after redirects. */
export async function get(start: URL, options: GetRequest): Promise<Answer> {
  let status: number | undefined
  const outcome = await follow(start, options, (code) => {
    status = code
  })
  return { outcome, status }
}

type Heard = (status: number) => void

async function follow(start: URL, options: GetRequest, heard: Heard): Promise<Outcome> {
  const { limits } = options
  const deadline = AbortSignal.timeout(limits.totalMs)
  const signal = AbortSignal.any([options.signal, deadline])
  let url = start
  try {
    for (let followed = 0; ; followed++) {
      const step = await exchange(url, options, signal, heard)
      if (step.kind !== 'redirect') return step
      if (followed === limits.redirects) {
        return refused(url, step.location, `at most ${limits.redirects} redirects are followed`)
      }
      const next = options.locate(step.location, url)
      if (!next.ok) return refused(url, step.location, `redirect not followed: ${next.reason}`)
      url = next.value
    }
  } catch (error) {
    return unavailable(url, whyNot(error, options.signal, deadline, limits))
  }
}

async function exchange(
  url: URL,
  options: GetRequest,
  signal: AbortSignal,
  heard: Heard,
): Promise<Step> {
  const { validators, limits, expects } = options
  const sent = request(url, {
    dispatcher: options.dispatcher,
    signal,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.silenceMs,
    headers: {
      'user-agent': options.userAgent,
      accept: expects === 'page' ? 'text/html' : 'application/json',
      'accept-encoding': ENCODINGS,
      'accept-language': 'en-US',
      ...(validators?.etag === undefined ? {} : { 'if-none-match': validators.etag }),
      ...(validators?.lastModified === undefined
        ? {}
        : { 'if-modified-since': validators.lastModified }),
    },
  })
  const response = await untilAborted(sent, signal)
  const { statusCode: status, body } = response
  heard(status)
  const header = (name: string): string | undefined => {
    const value = response.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const seen = { etag: header('etag'), lastModified: header('last-modified') }
  const type = header('content-type') ?? ''
  if (status === 200 && expects === 'file' && HTML.test(type)) {
    discard(body)
    return refused(url, `Content-Type ${type}`, 'a page of HTML is not a service-tags file')
  }
  if (status === 200) {
    const contentEncoding = header('content-encoding')
    const contentLength = header('content-length')
    const read = await readBody(body, { contentEncoding, contentLength }, options.maxBytes)
    if (!read.ok) return refused(url, read.value, read.reason)
    return { kind: 'body', bytes: read.bytes, validators: seen }
  }
  discard(body)
  if (status === 304 && hasValidator(validators)) {
    const etag = seen.etag ?? validators.etag
    const lastModified = seen.lastModified ?? validators.lastModified
    return { kind: 'not-modified', validators: { etag, lastModified } }
  }
  const location = header('location')
  if (REDIRECTS.includes(status) && location !== undefined) return { kind: 'redirect', location }
  const wait = LATER.includes(status)
    ? retryAfterSeconds(header('retry-after'), options.now)
    : undefined
  return unavailable(url, `answered ${status}; only 200 brings a file`, wait)
}

/**
 * undici looks at the signal once it has a connection, and a proxy that accepts and then says
 * nothing keeps it from having one.
 */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(new Error('aborted', { cause: signal.reason }))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function hasValidator(validators: Validators | undefined): validators is Validators {
  return validators?.etag !== undefined || validators?.lastModified !== undefined
}

function refused(url: URL, value: string, reason: string): Outcome {
  const refusals = [{ path: url.href, value: sample(value), reason }]
  return { kind: 'refused', refusals, url: url.href }
}

function unavailable(url: URL, reason: string, wait?: number): Outcome {
  const said = { kind: 'unavailable', reason: `${url.href}: ${reason}`, url: url.href } as const
  return wait === undefined ? said : { ...said, retryAfterSeconds: wait }
}

function whyNot(
  error: unknown,
  caller: AbortSignal,
  deadline: AbortSignal,
  limits: HttpLimits,
): string {
  if (caller.aborted) return 'stopped by the caller before it was complete'
  if (deadline.aborted) return `not complete after ${limits.totalMs} ms, the limit for one request`
  const code = codeOf(error)
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return `no answer within ${limits.headersMs} ms`
  if (code === 'UND_ERR_BODY_TIMEOUT') return `stalled: no byte for ${limits.silenceMs} ms`
  return sample(
    [code, withCause(error), hintFor(code)].filter((part) => part !== '').join(' '),
    400,
  )
}

/** Sites whose proxy inspects TLS meet this first, and the fix is not in the error's own text. */
function hintFor(code: string): string {
  return /CERT|SIGNATURE|ISSUER/.test(code)
    ? '(a proxy that inspects TLS? name its CA file in NODE_EXTRA_CA_CERTS)'
    : ''
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

/** A proxy that cannot be reached is named by the error, why not by its cause. */
function withCause(error: unknown): string {
  const cause =
    error instanceof Error && error.cause instanceof Error ? ` (${withCause(error.cause)})` : ''
  return `${messageOf(error)}${cause}`
}
