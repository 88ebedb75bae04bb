/** A list's bytes, ready to be sent: compressed once, with their validators. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Cloud } from '../core/cloud.ts'
import type { Rendered } from './render.ts'

export type Encoding = 'identity' | 'gzip' | 'br'

/** One way to send the list, with its own strong validator (RFC 9110 section 8.8.3.3). */
export interface Representation {
  readonly encoding: Encoding
  readonly body: Buffer
  readonly etag: string
}

/** The bytes alone: they belong to a content in a format, whatever lists and days have it. */
export interface ListBytes {
  /** SHA-256 of the plain bytes. */
  readonly digest: string
  readonly representations: Readonly<Record<Encoding, Representation>>
}

/** What is told about a list beside its bytes. */
export interface ListHead {
  readonly cloud: Cloud
  readonly mediaType: string
  /** SHA-256 of the plain bytes. */
  readonly digest: string
  /** When these bytes last changed, as an HTTP date; undefined where nobody keeps account of it. */
  readonly lastModified: string | undefined
  /** The snapshot that is published, or the one that was asked for; a version outlives snapshots. */
  readonly snapshotId: string | undefined
  /** The path that has these very bytes for good; undefined where there is none. */
  readonly versionPath: string | undefined
  /** It is served under such a path: a client need not ask again. */
  readonly immutable: boolean
}

export interface PreparedList extends ListHead, ListBytes {}

/** A list whose bytes are made again when the cache had no room to keep them. */
export interface StoredList extends ListHead {
  /** Plain bytes. */
  readonly length: number
  /** Undefined while they are not in memory. */
  bytes(): ListBytes | undefined
  /** From memory or made again of what is published; the database is not needed for it. */
  load(): Promise<ListBytes>
}

const asGzip = promisify(gzip)
const asBrotli = promisify(brotliCompress)

const GZIP = { level: 9 }

/** A fraction of the time of the best quality, for a few percent more bytes. */
const BROTLI_QUALITY = 6

export async function compress({ bytes, digest }: Rendered): Promise<ListBytes> {
  const brotli = {
    params: {
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      // A window beyond the text finds nothing more and takes megabytes while it lasts.
      [constants.BROTLI_PARAM_LGWIN]: windowBits(bytes.length),
    },
  }
  // One after the other: side by side, each thread keeps what its compressor took.
  const gz = await asGzip(bytes, GZIP)
  const br = await asBrotli(bytes, brotli)
  return {
    digest,
    representations: {
      identity: representation('identity', bytes, digest),
      gzip: representation('gzip', gz, digest),
      br: representation('br', br, digest),
    },
  }
}

function windowBits(length: number): number {
  const needed = Math.ceil(Math.log2(length + 1))
  return Math.min(
    constants.BROTLI_MAX_WINDOW_BITS,
    Math.max(constants.BROTLI_MIN_WINDOW_BITS, needed),
  )
}

function representation(encoding: Encoding, body: Buffer, digest: string): Representation {
  return { encoding, body, etag: etagOf(digest, encoding) }
}

const ETAG_SUFFIX: Readonly<Record<Encoding, string>> = { identity: '', gzip: '-gz', br: '-br' }

/** The tag of an encoding follows from the plain bytes: it is known without compressing them. */
export function etagOf(digest: string, encoding: Encoding): string {
  return `"${versionOfDigest(digest)}${ETAG_SUFFIX[encoding]}"`
}

/** Half of a SHA-256: enough to tell versions apart, in a tag and in a path. */
export function versionOfDigest(digest: string): string {
  return digest.slice(0, 32)
}
