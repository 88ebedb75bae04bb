/** Everything that has to hold while nothing is under way, asked of the database and of replicas. */
import { inspect } from '../kills/database-rules.ts'
import type { OfferedWeek } from '../kills/weeks.ts'
import type { Installation } from './installation.ts'
import { brokenLists, disagreements, type Remembered } from './lists.ts'
import type { Finding, Law } from './report.ts'
import { inspectTelling, type TellingFacts } from './telling-rules.ts'

export interface Expected {
  /** Published now. */
  readonly week: OfferedWeek
  /** Serials that somebody was told are published. */
  readonly acknowledged: readonly number[]
  /** How many snapshots are compared with what was offered, the newest first. */
  readonly depth: number
}

/** Undefined while something is still under way. */
export async function inspectAll(
  { inOneState, receivers, site, replicas, watch }: Installation,
  { week, acknowledged, depth }: Expected,
  remembered: Remembered,
): Promise<TellingFacts | undefined> {
  const { subscribed } = receivers
  const [urls, snapshotId] = [replicas(), watch.now()?.snapshotId]
  if (!urls || !snapshotId) return undefined
  return inOneState(async (rows) => {
    const telling = await inspectTelling(rows, subscribed, () => receivers.arrivals)
    if (!telling.isQuiet) return undefined
    const { broken } = await inspect(rows, site.offered, depth)
    const published = await rows('SELECT serial FROM publication')
    const serials = new Set(published.map(({ serial }) => serial))
    const gone = acknowledged.filter((serial) => !serials.has(serial))
    return {
      ...telling,
      findings: [
        ...telling.findings,
        ...receivers.findings,
        ...findings('other', broken),
        ...findings(
          'other',
          gone.map((serial) => `serial ${serial} was confirmed and is gone`),
        ),
        ...findings('lists', await disagreements(urls, snapshotId)),
        ...findings('lists', await brokenLists(rows, urls[0], week, remembered)),
      ],
    }
  })
}

/** Right after a kill: no snapshot may be half there. */
export async function inspectHistory({ inOneState, site }: Installation): Promise<Finding[]> {
  const { broken } = await inOneState((rows) => inspect(rows, site.offered, 2))
  return findings('other', broken)
}

function findings(law: Law, texts: readonly string[]): Finding[] {
  return texts.map((text) => ({ law, text }))
}
