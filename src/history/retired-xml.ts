/** Which snapshots of history were read from the retired XML: they know nothing but AzureCloud. */
import { isMarkup } from '../documents/read-document.ts'
import type { HistoryStore, SnapshotRecord } from '../store/contract.ts'

/** XML has no change number; the document itself is looked at only when there is none. */
export async function isRetiredXml(
  { document }: Pick<HistoryStore, 'document'>,
  { changeNumber, documentSha256 }: SnapshotRecord,
): Promise<boolean> {
  if (changeNumber !== 0) return false
  const bytes = await document(documentSha256)
  return bytes !== undefined && isMarkup(bytes.subarray(0, 64).toString('utf8'))
}
