/** A running service, asked over its API. Answers are checked; problem documents become our errors. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { fetch, type Dispatcher, type Response } from 'undici'
import { z } from 'zod'
import { ERROR_CODES, invalidInput, RangewardenError, type ErrorCode } from '../core/errors.ts'

/** Values of a query string; several of one name are repeated, undefined ones left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>

export interface Client {
  /** @throws RangewardenError as the service says, or `upstream-unavailable` if it does not answer */
  get<T>(path: string, shape: z.ZodType<T>, query?: Query): Promise<T>
  post<T>(path: string, shape: z.ZodType<T>, body: unknown): Promise<T>
  /** Sends a file, compressed on the way. */
  upload<T>(path: string, shape: z.ZodType<T>, file: Uint8Array, query?: Query): Promise<T>
  /** The body as it is. */
  bytes(path: string, query?: Query): Promise<Buffer>
}

export interface ClientOptions {
  /** Without a slash at the end. */
  readonly url: string
  readonly dispatcher: Dispatcher
  readonly token: string | undefined
  readonly stop: AbortSignal
}

/** The largest answer is a diff of years; half a minute is long for that. */
const TIMEOUT_MS = 30_000

/** The first file of a cloud fills a database, and that may be a slow one. */
const UPLOAD_TIMEOUT_MS = 180_000

interface Init {
  readonly method: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

const compress = promisify(gzip)

export function createClient({ url, dispatcher, token, stop }: ClientOptions): Client {
  async function ask(
    path: string,
    { method, body, headers: own = {}, timeoutMs = TIMEOUT_MS }: Init,
  ): Promise<Response> {
    const headers = {
      accept: 'application/json, */*;q=0.5',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...own,
    }
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
    const content = body === undefined ? {} : { body }
    const redirect = 'manual' as const
    const request = { method, ...content, headers, dispatcher, signal, redirect }
    const response = await fetch(url + path, request).catch((cause: unknown) => {
      throw unavailable(url, cause)
    })
    if (response.ok) return response
    throw await problemOf(response, url)
  }

  async function checked<T>(response: Response, shape: z.ZodType<T>): Promise<T> {
    const parsed = shape.safeParse(parseJson(await response.text()))
    if (parsed.success) return parsed.data
    throw notOurs(url, z.prettifyError(parsed.error))
  }

  return {
    async get(path, shape, query = {}) {
      return checked(await ask(path + queryText(query), { method: 'GET' }), shape)
    },
    async post(path, shape, body) {
      const headers = { 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      return checked(await ask(path, init), shape)
    },
    async upload(path, shape, file, query = {}) {
      const headers = { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }
      const body = await compress(file)
      const init = { method: 'POST', headers, body, timeoutMs: UPLOAD_TIMEOUT_MS }
      return checked(await ask(path + queryText(query), init), shape)
    },
    async bytes(path, query = {}) {
      const response = await ask(path + queryText(query), { method: 'GET' })
      return Buffer.from(await response.arrayBuffer())
    },
  }
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const each of typeof value === 'object' ? value : [value]) {
      parameters.append(name, String(each))
    }
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

const problemShape = z.looseObject({
  type: z.string(),
  title: z.string().optional(),
  status: z.unknown().optional(),
  detail: z.string().optional(),
})

async function problemOf(response: Response, url: string): Promise<RangewardenError> {
  const { status } = response
  const target = response.headers.get('location')
  if (status >= 300 && status < 400 && target !== null) {
    return invalidInput(`${url} answers that it is at ${target}: give that as --url`)
  }
  const problem = problemShape.safeParse(parseJson(await response.text()))
  if (!problem.success) return notOurs(url, `status ${status} without a problem document`)
  const { type, title, detail, status: _, ...facts } = problem.data
  const code = codeOf(type.split(':').at(-1) ?? '', status)
  const message = detail ?? title ?? `the service answered status ${status}`
  return new RangewardenError(code, message, facts)
}

function codeOf(name: string, status: number): ErrorCode {
  if (isErrorCode(name)) return name
  return status >= 500 ? 'upstream-unavailable' : 'invalid-input'
}

function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERROR_CODES, name)
}

/** Undefined for text that is not JSON, which no shape accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function notOurs(url: string, why: string): RangewardenError {
  return invalidInput(`${url} does not answer like this version of Rangewarden: ${why}`)
}

function unavailable(url: string, cause: unknown): RangewardenError {
  const message = `no answer from ${url}: ${reasonOf(cause)}`
  return new RangewardenError('upstream-unavailable', message, {}, { cause })
}

/** `fetch failed` says nothing; its cause, or the causes of all addresses, do. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}
