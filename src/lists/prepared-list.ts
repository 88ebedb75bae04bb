/** A list's bytes, ready to be sent: compressed once, with their validators. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Exporter } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Rendered } from './render.ts'

export type Encoding = 'identity' | 'gzip' | 'br'

/** One way to send the list, with its own strong validator (RFC 9110 section 8.8.3.3). */
export interface Representation {
  readonly encoding: Encoding
  readonly body: Buffer
  readonly etag: string
}

export interface PreparedList {
  readonly cloud: Cloud
  readonly mediaType: string
  /** SHA-256 of the plain bytes. */
  readonly digest: string
  readonly representations: Readonly<Record<Encoding, Representation>>
  /** When these bytes last changed, as an HTTP date; undefined where nobody keeps account of it. */
  readonly lastModified: string | undefined
  /** The snapshot that is published, or the one that was asked for. */
  readonly snapshotId: string
}

const asGzip = promisify(gzip)
const asBrotli = promisify(brotliCompress)

const GZIP = { level: 9 }

/** A fraction of the time of the best quality, for a few percent more bytes. */
const BROTLI_QUALITY = 6

export async function prepareList(
  exporter: Exporter,
  { bytes, digest }: Rendered,
  about: Pick<PreparedList, 'cloud' | 'snapshotId'> & { readonly changedAt?: Date },
): Promise<PreparedList> {
  const brotli = {
    params: {
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    },
  }
  const [gz, br] = await Promise.all([asGzip(bytes, GZIP), asBrotli(bytes, brotli)])
  const tag = digest.slice(0, 32)
  return {
    cloud: about.cloud,
    mediaType: exporter.mediaType,
    digest,
    representations: {
      identity: { encoding: 'identity', body: bytes, etag: `"${tag}"` },
      gzip: { encoding: 'gzip', body: gz, etag: `"${tag}-gz"` },
      br: { encoding: 'br', body: br, etag: `"${tag}-br"` },
    },
    lastModified: about.changedAt?.toUTCString(),
    snapshotId: about.snapshotId,
  }
}
