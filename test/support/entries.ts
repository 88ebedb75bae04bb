/** Weekly documents as entries for the store. */
import { readDocument } from '../../src/documents/read-document.ts'
import type { Entry, HeldVerdict, PublicationRequest } from '../../src/store/contract.ts'
import type { WeeklyDocument } from './feed.ts'

export function entryOf(week: Pick<WeeklyDocument, 'text' | 'fileDate' | 'fileName'>): Entry {
  const bytes = Buffer.from(week.text)
  const parsed = readDocument(bytes)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals))
  const { fileDate, fileName } = week
  const url = `https://download.example/${fileName}`
  const validators = { etag: `"${fileName}"`, lastModified: undefined }
  const origin = { strategy: 'test', url, fileName, fileDate, validators }
  return { snapshot: parsed.snapshot, bytes, origin }
}

export function publicationAfter(expectedSerial: number): PublicationRequest {
  return { kind: 'sync', publishedBy: 'test', reason: 'a test', expectedSerial }
}

/** A verdict as the guard gives it to a candidate it holds. */
export function heldVerdict(text: string): HeldVerdict {
  const none = { ipv4: '0', ipv6: '0' }
  return {
    reasons: [{ rule: 'withdrawal', text }],
    diff: {
      tagsChanged: 0,
      prefixesAdded: 0,
      prefixesRemoved: 0,
      gained: none,
      lost: none,
      tags: [],
    },
  }
}

export function approvalAfter(expectedSerial: number): PublicationRequest {
  return { ...publicationAfter(expectedSerial), kind: 'approval' }
}
