/**
 * What changed between any two days of history, everything worked out: per tag, per region, moved,
 * split, merged, came back, earliest use, every prefix with its text; against reading one of the two
 * documents as JSON. No snapshot is in memory but in the timeline, as in the service.
 */
import { diffTimeline, type Between } from '../../src/core/diff-timeline.ts'
import { positionOf, type FileDate } from '../../src/core/file-date.ts'
import type { Timeline } from '../../src/core/timeline.ts'
import { realFiles } from '../../test/support/real-files.ts'
import { snapshotOf } from '../../test/support/snapshots.ts'
import { timelineOf, type PlacedSnapshot } from '../../test/support/timelines.ts'
import type { BenchRow, Measurement } from '../contract.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

const TARGET = { of: 'ratio', atMost: 4 } as const
const REFERENCE = 'reference: JSON.parse of the newest of them'

export const diffWorst: BenchRow = {
  name: `Diff of the two ${KIND_OF_FILE} Public files that differ most, everything worked out and every prefix written; ${REFERENCE}`,
  unit: 'ms',
  target: TARGET,
  measure: () => measurePair((pairs) => pairs.at(-1)),
}

export const diffMedian: BenchRow = {
  name: `Diff of the median pair of all ${KIND_OF_FILE} Public files, everything worked out and every prefix written; ${REFERENCE}`,
  unit: 'ms',
  target: TARGET,
  measure: () => measurePair((pairs) => pairs[pairs.length >>> 1]),
}

async function measurePair(
  choose: (pairs: readonly Between[]) => Between | undefined,
): Promise<Measurement> {
  const { timeline, newest } = (world ??= readWorld())
  const pair = choose(pairsByMoves(timeline))
  if (!pair) throw new Error('a diff needs two files')
  const times = await medianTimes({
    reference: () => JSON.parse(newest) as unknown,
    ours: () => workOut(timeline, pair),
  })
  const { added, removed } = workOut(timeline, pair)
  return { ...times, details: { ...pair, added, removed } }
}

/** Asks for everything that a diff says; its prefixes have their texts, see `tablePrefixes`. */
function workOut(timeline: Timeline, pair: Between) {
  const { diff, flapping, firstSeen } = diffTimeline(timeline, pair)
  const { coverage, regions, moved, tags } = diff
  const { membershipsAdded: added, membershipsRemoved: removed } = diff
  return { coverage, regions, moved, tags, flapping, firstSeen, added, removed }
}

/** Every pair, forward, by how many memberships differ. */
function pairsByMoves(timeline: Timeline): Between[] {
  const positions = [...timeline.positions] as Between['from'][]
  const pairs = positions.flatMap((from) =>
    positions.filter((to) => to > from).map((to) => ({ from, to })),
  )
  const moves = new Map(
    pairs.map((pair) => {
      const { added, removed } = workOut(timeline, pair)
      return [pair, added + removed]
    }),
  )
  return pairs.sort((a, b) => (moves.get(a) ?? 0) - (moves.get(b) ?? 0))
}

interface World {
  readonly timeline: Timeline
  readonly newest: string
}

/** Both rows are about one history; its snapshots are forgotten. */
let world: World | undefined

/** Of generated files, as many as there are real ones. */
const GENERATED_WEEKS = 18

function readWorld(): World {
  const texts = publicFiles()
  const history: PlacedSnapshot[] = []
  for (const { fileDate, text } of texts) {
    const snapshot = snapshotOf(text(), history.at(-1)?.snapshot)
    history.push({ position: positionOf(fileDate, 0), snapshot })
  }
  const newest = texts.at(-1)?.text()
  if (newest === undefined) throw new Error('there is no weekly file')
  return { timeline: timelineOf(history), newest }
}

function publicFiles(): { fileDate: FileDate; text: () => string }[] {
  const real = realFiles().filter(({ cloud }) => cloud === 'Public')
  if (real.length > 1) return real
  return newestWeeks(GENERATED_WEEKS).map(({ fileDate, bytes }) => {
    return { fileDate, text: () => bytes.toString('utf8') }
  })
}
