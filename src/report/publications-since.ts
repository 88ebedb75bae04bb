/** A cloud's publications back to a moment. */
import type { Cloud } from '../core/cloud.ts'
import type { Publication, PublicationStore } from '../store/contract.ts'

const PAGE = 100

/** Newest first: those since the moment, and the one that was handed out then. O(those). */
export async function publicationsSince(
  { publications }: { readonly publications: Pick<PublicationStore, 'list'> },
  cloud: Cloud,
  moment: Date,
): Promise<Publication[]> {
  const found: Publication[] = []
  for (;;) {
    const page = await publications.list(cloud, PAGE, found.at(-1)?.serial)
    const before = page.findIndex(({ publishedAt }) => publishedAt < moment)
    found.push(...(before < 0 ? page : page.slice(0, before + 1)))
    if (before >= 0 || page.length < PAGE) return found
  }
}
