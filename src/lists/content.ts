/** A definition, a snapshot and what was handed out before -> what the list says, in any format. Pure. */
import type {
  ExportInput,
  RequiredName,
  RolledBack,
  SnapshotName,
} from '../../exporters/contract.ts'
import { countsOf } from '../core/diff.ts'
import { mergeRules } from '../core/endpoint-rule.ts'
import type { FitRefusal } from '../core/fit.ts'
import { RangeSet } from '../core/range-set.ts'
import { selectTags } from '../core/selection.ts'
import { compareText, type ServiceTag, type Sha256, type Snapshot } from '../core/snapshot.ts'
import { findService } from '../endpoints/index.ts'
import type { AllowlistDefinition } from './definition.ts'
import { withGrace, type LeavingCoverage, type PastCoverage } from './grace.ts'
import { shapedOf, type Fit } from './shaped.ts'

/** Everything an exporter needs but the version and the format's own options. */
export interface ListContent extends Omit<ExportInput, 'version' | 'options'> {
  /** Why its addresses do not fit its budget: no format that carries addresses can be handed out. */
  readonly unfit: FitRefusal | undefined
}

/** What the definition and the snapshot alone do not tell; nothing of it for a past day. */
export interface Circumstances {
  /** What the list had of publications that are in grace, in any order. */
  readonly past: readonly PastCoverage[]
  /** Where its last addresses are from, when the snapshot has none for it. */
  readonly kept?: KeptCoverage | undefined
  readonly rolledBack?: RolledBack | undefined
  /** One that remembers, for a list and its shards. */
  readonly fit?: Fit
}

export interface KeptCoverage extends SnapshotName {
  readonly coverage: RangeSet
}

/** What a definition selects of a snapshot. */
export interface Selected {
  /** In name order. */
  readonly tags: readonly ServiceTag[]
  /** Names (tags or regions) the snapshot lacks. */
  readonly missing: readonly string[]
  /** Of the families that the definition admits. */
  readonly coverage: RangeSet
}

export function selectedOf(definition: Selection, snapshot: Snapshot): Selected {
  const { tags, missing } = selectTags(snapshot, definition)
  const ranges = RangeSet.of(tags.flatMap((tag) => tag.prefixes))
  const coverage = definition.families.reduce(
    (set, family) => set.union(ranges.only(family)),
    RangeSet.empty,
  )
  return { tags, missing, coverage }
}

/** The part of a definition that says which addresses. */
export type Selection = Pick<AllowlistDefinition, 'tags' | 'regions' | 'families'>

/** @throws RangewardenError `not-found` for an endpoint service the cloud does not have */
export function contentOf(
  definition: AllowlistDefinition,
  { tags, missing, coverage }: Selected,
  { past, kept, rolledBack, fit }: Circumstances,
): ListContent {
  const { name, cloud, destinations, removalGraceDays, shard } = definition
  const admitted = withGrace(kept?.coverage ?? coverage, past, removalGraceDays)
  const shaped = shapedOf(admitted.coverage, definition, fit)
  const required = requiredNames(definition)
  return {
    name,
    cloud,
    destinations,
    rules: mergeRules(required),
    prefixes: shaped.prefixes,
    leaving: admitted.leaving.flatMap((leaving) => leavingWithin(shaped.coverage, leaving)),
    widened: shaped.widened,
    shard,
    unfit: shaped.unfit,
    addresses: countsOf(shaped.coverage),
    uncovered: uncoveredNames(required, definition.tags),
    required,
    tags: tags.map((tag) => tag.name),
    missingTags: missing,
    emptyTags: emptyTags(definition, tags),
    kept: kept && { snapshot: kept.snapshot, fileDate: kept.fileDate },
    rolledBack,
  }
}

/** The part that a shard has; nothing of a day that it has nothing of. */
function leavingWithin(admitted: RangeSet, { lastDay, coverage }: LeavingCoverage): Leaving[] {
  const prefixes = coverage.intersect(admitted).prefixes()
  return prefixes.length > 0 ? [{ lastDay, prefixes }] : []
}

/**
 * Moves exactly when the list says something else, in any format. What most lists have nothing of
 * is left out, so that a list keeps its hash when there is a new such thing to say.
 */
export function contentHashOf(content: ListContent, sha256: Sha256): string {
  const { prefixes, addresses: _, leaving, emptyTags, kept, rolledBack, ...others } = content
  const { widened, shard, unfit, ...rest } = others
  const unusual = {
    ...(leaving.length > 0 ? { leaving: leaving.map(leavingTexts) } : {}),
    ...(emptyTags.length > 0 ? { emptyTags } : {}),
    ...(kept ? { kept } : {}),
    ...(rolledBack ? { rolledBack } : {}),
    // The rest of what it says follows from these and the networks.
    ...(widened ? { widened: textsOf(widened.prefixes) } : {}),
    ...(shard ? { shard } : {}),
    ...(unfit ? { unfit } : {}),
  }
  const isUnusual = Object.keys(unusual).length > 0
  return sha256(JSON.stringify([rest, textsOf(prefixes), ...(isUnusual ? [unusual] : [])]))
}

type Leaving = ListContent['leaving'][number]

function leavingTexts({ lastDay, prefixes }: Leaving): [string, string[]] {
  return [lastDay, textsOf(prefixes)]
}

function textsOf(prefixes: ListContent['prefixes']): string[] {
  return prefixes.map(({ text }) => text)
}

/** Of a list by region alone none is named: such a list has whatever the region has. */
function emptyTags({ tags: named }: Selection, tags: readonly ServiceTag[]): string[] {
  if (named.length === 0) return []
  return tags.filter(({ prefixes }) => prefixes.length === 0).map(({ name }) => name)
}

function requiredNames({ services, cloud }: AllowlistDefinition): RequiredName[] {
  return services
    .flatMap((service) =>
      findService(service, cloud).endpoints.map((endpoint) => ({ ...endpoint, service })),
    )
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.service, b.service))
}

function uncoveredNames(required: readonly RequiredName[], tags: readonly string[]): string[] {
  const uncovered = required.filter((name) => !name.tags.some((tag) => tags.includes(tag)))
  return [...new Set(uncovered.map(({ name }) => name))]
}
