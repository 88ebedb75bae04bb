/** A publisher that offers one week after the other, and what a service on it has to serve. */
import { RangeSet } from '../../src/core/range-set.ts'
import { parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { untilCompleted } from '../../test/support/kill.ts'
import {
  bytes,
  filePath,
  pagePath,
  startPublisher,
  weeklyPage,
} from '../../test/support/publisher.ts'
import { createWeeks, type OfferedWeek } from './weeks.ts'

export interface KillSite {
  readonly publisherUrl: string
  /** By file date. */
  readonly offered: ReadonlyMap<string, OfferedWeek>
  /** From now on the publisher's newest is the next week. */
  offerNext(): OfferedWeek
  close(): Promise<void>
}

const TAG = 'AzureCloud'

/** The same seed offers the same weeks. */
export async function openSite(
  seed: number,
  size: { tags?: number; density?: number } = {},
): Promise<KillSite> {
  const publisher = await startPublisher()
  const weeks = createWeeks(seed, size)
  const offered = new Map<string, OfferedWeek>()
  return {
    publisherUrl: publisher.origin,
    offered,
    offerNext() {
      const week = weeks.week(offered.size)
      offered.set(week.fileDate, week)
      publisher.answer(filePath('Public', week.digits), bytes(week.text))
      publisher.answer(pagePath('Public'), bytes(weeklyPage('Public', [week.digits])))
      return week
    },
    close: () => publisher.close(),
  }
}

/** Waits for the interrupted run, and says what is not as it has to be afterwards. */
export async function brokenPromises(
  url: string,
  runId: string | undefined,
  week: OfferedWeek,
): Promise<string[]> {
  const { id, outcome, detail } = await untilCompleted(url, runId)
  const broken: string[] = []
  if (outcome !== 'published' && outcome !== 'unchanged') {
    broken.push(`run ${id} came to ${String(outcome)}: ${JSON.stringify(detail)}`)
  }
  const wanted = week.tags.get(TAG)?.properties.addressPrefixes ?? []
  const { snapshot, tag } = await json<TagAnswer>(`${url}/v1/tags/${TAG}`)
  if (snapshot.fileDate !== week.fileDate) {
    broken.push(`${snapshot.fileDate} is published, ${week.fileDate} was offered`)
  }
  if (tag.prefixes.toSorted().join() !== wanted.toSorted().join()) {
    broken.push(`${TAG} of ${week.fileDate} is served with other prefixes than were offered`)
  }
  const list = await fetch(`${url}/v1/export/text?tag=${TAG}&removalGraceDays=0`)
  const listed = (await list.text())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const [ours, theirs] = [RangeSet.of(prefixes(listed)), RangeSet.of(prefixes(wanted))]
  if (!ours.subtract(theirs).isEmpty || !theirs.subtract(ours).isEmpty) {
    broken.push(`the list of ${week.fileDate} admits other addresses than were offered`)
  }
  const stored = await fetch(`${url}/v1/allowlists/app-proxy-ip/text`, { method: 'HEAD' })
  const of = stored.headers.get('rangewarden-snapshot')
  if (of !== snapshot.id)
    broken.push(`the stored list is of ${String(of)}, ${snapshot.id} is published`)
  return broken
}

interface TagAnswer {
  readonly snapshot: { readonly id: string; readonly fileDate: string }
  readonly tag: { readonly prefixes: readonly string[] }
}

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text) as T
}

function prefixes(texts: readonly string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text)
    if (!parsed.ok) throw new Error(`the list has "${text}": ${parsed.reason}`)
    return parsed.value
  })
}
