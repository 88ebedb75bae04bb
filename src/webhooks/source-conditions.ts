/** What is told of the sources: when one goes quiet or fails, and when it has recovered. */
import type { CloudOverview, CloudState } from '../history/overview.ts'
import type { SourceCondition, SourceStore } from '../store/contract.ts'
import type { EventDraft } from '../store/telling-contract.ts'

/** Every process may call this as often as it likes: each change is told once. */
export async function tellSources(
  sources: SourceStore,
  overviews: readonly CloudOverview[],
): Promise<void> {
  for (const overview of overviews) {
    // Without the database nothing is known, and nothing could be told.
    if (!overview.complete) continue
    const condition = conditionOf(overview.state)
    await sources.tell(overview.cloud, condition, () => eventOf(overview, condition))
  }
}

/** A cloud that never had a file has no source that went quiet; its lists say so by themselves. */
function conditionOf(state: CloudState): SourceCondition {
  switch (state) {
    case 'cannot-fetch':
      return 'failing'
    case 'source-quiet':
      return 'quiet'
    case 'empty':
    case 'held':
    case 'retired':
    case 'current':
      return 'fine'
  }
}

const TYPES = {
  fine: 'source.recovered',
  quiet: 'source.quiet',
  failing: 'source.failing',
} as const satisfies Record<SourceCondition, string>

function eventOf(overview: CloudOverview, condition: SourceCondition): EventDraft {
  const { cloud, state, newestFileDate, ageInDays, lastSuccessAt } = overview
  return {
    type: TYPES[condition],
    cloud,
    facts: {
      state,
      newestFileDate: newestFileDate ?? null,
      ageInDays: ageInDays ?? null,
      lastSuccessAt: lastSuccessAt?.toISOString() ?? null,
    },
  }
}
