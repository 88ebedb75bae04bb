/**
 * A response body, read whole within a limit that is counted while it arrives: what is announced,
 * what arrives and what comes out of the decompression are all bounded.
 */
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip } from 'node:zlib'

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  /** `value` broke the rule `reason`. */
  | { readonly ok: false; readonly value: string; readonly reason: string }

export interface BodyHeaders {
  readonly contentEncoding: string | undefined
  readonly contentLength: string | undefined
}

/** The encodings we ask for and read. */
export const ENCODINGS = 'gzip, br'

/** The parser's words for a body that ends before its length or its last chunk. */
const CLOSED_EARLY: readonly string[] = [
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]

/** Thrown inside the pipeline to stop it; never leaves this file. */
class BodyRefused extends Error {
  readonly value: string

  constructor(value: string, reason: string) {
    super(reason)
    this.value = value
  }
}

/** Rejects when the transport fails (reset, timeout, abort); everything else is a value. */
export async function readBody(
  stream: Readable,
  headers: BodyHeaders,
  maxBytes: number,
): Promise<Body> {
  const announced = headers.contentLength === undefined ? undefined : Number(headers.contentLength)
  let arrived = 0

  async function* counted(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of source) {
      arrived += chunk.length
      if (arrived > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`, maxBytes)
      yield chunk
    }
  }

  const chunks: Buffer[] = []
  async function collect(source: AsyncIterable<Buffer>): Promise<void> {
    let size = 0
    for await (const chunk of source) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(`more than ${maxBytes} bytes decompressed`, maxBytes)
      chunks.push(chunk)
    }
  }

  try {
    if (announced !== undefined && announced > maxBytes) {
      throw tooLarge(`Content-Length ${announced}`, maxBytes)
    }
    const decoder = decoderOf(headers.contentEncoding)
    await (decoder
      ? pipeline(stream, counted, decoder, collect)
      : pipeline(stream, counted, collect))
    if (announced !== undefined && announced !== arrived) throw truncated(arrived, announced)
    const bytes = Buffer.concat(chunks)
    if (bytes.length === 0) throw new BodyRefused('0 bytes', 'the body is empty')
    return { ok: true, bytes }
  } catch (error) {
    discard(stream)
    const refused = refusalOf(error, arrived, announced)
    if (!refused) throw error
    return { ok: false, value: refused.value, reason: refused.message }
  }
}

/**
 * Gives up what is left of a body: it is of unknown size, so it is not drained and the connection
 * goes with it. The stream then reports that it was destroyed unread, which says nothing new.
 */
export function discard(stream: Readable): void {
  stream.on('error', () => undefined).destroy()
}

function decoderOf(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new BodyRefused(`Content-Encoding ${encoding}`, `only ${ENCODINGS} are read`)
  }
}

function refusalOf(
  error: unknown,
  arrived: number,
  announced: number | undefined,
): BodyRefused | undefined {
  if (error instanceof BodyRefused) return error
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  // zlib's codes start with Z_, brotli's with ERR_ and the name of the decoder's own error.
  if (/^(?:Z_|ERR__|ERR_BROTLI)/.test(code)) {
    const value = `${error.message} after ${arrived} bytes`
    return new BodyRefused(value, 'truncated or damaged: the compressed body does not end well')
  }
  // The peer closed in good order but early; a reset is the network's fault and stays an error.
  const closedEarly = code === 'UND_ERR_SOCKET' && error.message === 'other side closed'
  return closedEarly || CLOSED_EARLY.includes(code) ? truncated(arrived, announced) : undefined
}

function truncated(arrived: number, announced: number | undefined): BodyRefused {
  return announced === undefined
    ? new BodyRefused(`${arrived} bytes`, 'truncated: the connection was closed before the end')
    : new BodyRefused(`${arrived} bytes`, `truncated: Content-Length promised ${announced} bytes`)
}

function tooLarge(value: string, maxBytes: number): BodyRefused {
  return new BodyRefused(value, `at most ${maxBytes} bytes are read`)
}
