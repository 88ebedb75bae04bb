/** A list's bytes, ready to be sent: rendered and compressed once, with their validators. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused, type Exporter, type ExportInput } from '../../exporters/contract.ts'
import { RangewardenError } from '../core/errors.ts'
import { sha256 } from '../documents/read-document.ts'

export type Encoding = 'identity' | 'gzip' | 'br'

/** One way to send the list, with its own strong validator (RFC 9110 section 8.8.3.3). */
export interface Representation {
  readonly encoding: Encoding
  readonly body: Buffer
  readonly etag: string
}

export interface PreparedList {
  readonly mediaType: string
  readonly fileName: string
  /** SHA-256 of the plain bytes. */
  readonly digest: string
  readonly representations: Readonly<Record<Encoding, Representation>>
  /** When these bytes last changed, as an HTTP date. */
  readonly lastModified: string
  /** The snapshot that is published, or the one that was asked for. */
  readonly snapshotId: string
}

export interface Rendered {
  readonly bytes: Buffer
  readonly digest: string
}

const asGzip = promisify(gzip)
const asBrotli = promisify(brotliCompress)

/** @throws RangewardenError `export-refused` with the format's own reason */
export function renderList(exporter: Exporter, input: ExportInput): Rendered {
  try {
    const bytes = Buffer.from(renderExport(exporter, input), 'ascii')
    return { bytes, digest: sha256(bytes) }
  } catch (cause) {
    if (!(cause instanceof ExportRefused)) throw cause
    const facts = { ...cause.facts, format: exporter.name, allowlist: input.name }
    throw new RangewardenError('export-refused', cause.message, facts, { cause })
  }
}

export async function prepareList(
  exporter: Exporter,
  name: string,
  { bytes, digest }: Rendered,
  about: { changedAt: Date; snapshotId: string },
): Promise<PreparedList> {
  const [gz, br] = await Promise.all([
    asGzip(bytes, { level: 9 }),
    asBrotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        [constants.BROTLI_PARAM_QUALITY]: 6,
      },
    }),
  ])
  const tag = digest.slice(0, 32)
  return {
    mediaType: exporter.mediaType,
    fileName: `${name}.${exporter.fileExtension}`,
    digest,
    representations: {
      identity: { encoding: 'identity', body: bytes, etag: `"${tag}"` },
      gzip: { encoding: 'gzip', body: gz, etag: `"${tag}-gz"` },
      br: { encoding: 'br', body: br, etag: `"${tag}-br"` },
    },
    lastModified: about.changedAt.toUTCString(),
    snapshotId: about.snapshotId,
  }
}
