/** Published bytes -> text -> snapshot. The one place where bytes are decoded and hashed. */
import { hash } from 'node:crypto'
import { parseServiceTags, type ParsedDocument } from '../core/service-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** SHA-256 as lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}

/**
 * Reads a service-tags document. A byte order mark is skipped; bytes that are not UTF-8 are
 * refused, since guessing another encoding could change a name. See `parseServiceTags`.
 */
export function readDocument(bytes: Uint8Array, predecessor?: Snapshot): ParsedDocument {
  const text = decodeUtf8(bytes)
  if (text === undefined) {
    const value = `${bytes.length} bytes`
    return { ok: false, refusals: [{ path: '', value, reason: 'the document is not UTF-8 text' }] }
  }
  if (text.trim() === '') {
    return {
      ok: false,
      refusals: [{ path: '', value: '(empty)', reason: 'the document is empty' }],
    }
  }
  return parseServiceTags(text, { sha256, predecessor })
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
