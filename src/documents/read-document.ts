/** Published bytes -> text -> snapshot. The one place where bytes are decoded and hashed. */
import { hash } from 'node:crypto'
import type { Cloud } from '../core/cloud.ts'
import { parseServiceTags, type ParsedDocument, type Refusal } from '../core/service-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { oversize } from './json-size.ts'
import { OLD_XML_ROOT, parseOldXml } from './old-xml.ts'
import { shown } from './shown.ts'

/** SHA-256 as lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}

/**
 * Reads a service-tags document: JSON, as it is published. A byte order mark is skipped; bytes that
 * are not UTF-8 are refused, since guessing another encoding could change a name. A text that would
 * become too much in memory is refused before it does. See `parseServiceTags`.
 */
export function readDocument(bytes: Uint8Array, predecessor?: Snapshot): ParsedDocument {
  const decoded = decode(bytes)
  if (!decoded.ok) return decoded
  const { text } = decoded
  return isMarkup(text) ? refused(markup(text)) : readJson(text, predecessor)
}

/**
 * Reads a document that a person brought in or history holds: as published, or the retired XML,
 * which does not say of which cloud it is.
 */
export function readAnyDocument(
  bytes: Uint8Array,
  cloud: Cloud,
  predecessor?: Snapshot,
): ParsedDocument {
  const decoded = decode(bytes)
  if (!decoded.ok) return decoded
  const { text } = decoded
  return isMarkup(text) ? parseOldXml(text, { cloud, sha256 }) : readJson(text, predecessor)
}

function readJson(text: string, predecessor: Snapshot | undefined): ParsedDocument {
  const tooMuch = oversize(text)
  return tooMuch ? refused(tooMuch) : parseServiceTags(text, { sha256, predecessor })
}

type Decoded = { readonly ok: true; readonly text: string } | ReturnType<typeof refused>

function decode(bytes: Uint8Array): Decoded {
  const text = decodeUtf8(bytes)
  if (text === undefined) {
    const value = `${bytes.length} bytes`
    return refused({ path: '', value, reason: 'the document is not UTF-8 text' })
  }
  if (text.trim() === '') {
    return refused({ path: '', value: '(empty)', reason: 'the document is empty' })
  }
  return { ok: true, text }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** True for the beginning of an XML or HTML text; a byte order mark counts as white space. */
export function isMarkup(text: string): boolean {
  return /^\s*</.test(text)
}

/** How far into a text its root element is looked for. */
const HEAD = 2000

function markup(text: string): Refusal {
  const reason = text.slice(0, HEAD).includes(`<${OLD_XML_ROOT}`)
    ? 'the retired XML format is taken by import only'
    : 'not JSON but HTML or XML'
  return { path: '', value: shown(text), reason }
}

function refused(refusal: Refusal): { readonly ok: false; readonly refusals: readonly Refusal[] } {
  return { ok: false, refusals: [refusal] }
}
