/**
 * A list as a device has it, in whatever form people get it from there: plain text, JSON, CSV or a
 * file of ours. Strict: what cannot be read is named, and nothing is passed over.
 */
import { invalidInput } from '../core/errors.ts'
import { isCsv, readCsv } from './deployed-csv.ts'
import { createEntries, type DeployedList } from './deployed-entries.ts'
import { readJson } from './deployed-json.ts'
import { readLines } from './deployed-lines.ts'

/** The longest list that is read. */
export const MAX_DEPLOYED_BYTES = 1_048_576

export interface DeployedFile {
  readonly bytes: Uint8Array
  /** If the sender said so; what is text may be any of them. */
  readonly form: 'text' | 'csv' | 'json'
  /** The list that it is to be compared with. */
  readonly list: string
}

/**
 * Host bits are refused, as everywhere. What is empty is read as an empty list.
 * @throws RangewardenError `invalid-input` with up to 20 places, values and rules
 */
export function readDeployedList({ bytes, form, list }: DeployedFile): DeployedList {
  const text = decode(bytes)
  if (form === 'json' || (form === 'text' && /^\s*[[{]/.test(text))) return readJson(text)
  if (form === 'csv' || isCsv(text)) return readCsv(text)
  const entries = createEntries((at) => `line ${at}`)
  readLines(text, list, entries)
  return entries.finish()
}

const GZIP = [0x1f, 0x8b]

/** Without a byte order mark. */
function decode(bytes: Uint8Array): string {
  if (GZIP.every((byte, i) => bytes[i] === byte)) {
    throw invalidInput('the list is compressed: unpack it first')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalidInput('the list is no UTF-8 text')
  }
}
