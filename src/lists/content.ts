/** A definition and a snapshot -> what the list says, whatever the format. Pure. */
import type { ExportInput, RequiredName } from '../../exporters/contract.ts'
import { countsOf } from '../core/diff.ts'
import { mergeRules } from '../core/endpoint-rule.ts'
import { RangeSet } from '../core/range-set.ts'
import { selectTags } from '../core/selection.ts'
import { compareText, type Sha256, type Snapshot } from '../core/snapshot.ts'
import { findService } from '../endpoints/index.ts'
import type { AllowlistDefinition } from './definition.ts'

/** Everything an exporter needs but the version and the format's own options. */
export type ListContent = Omit<ExportInput, 'version' | 'options'>

/** @throws RangewardenError `not-found` for an endpoint service the cloud does not have */
export function contentOf(definition: AllowlistDefinition, snapshot: Snapshot): ListContent {
  const { name, cloud, destinations, families } = definition
  const { tags, missing } = selectTags(snapshot, definition)
  const ranges = RangeSet.of(tags.flatMap((tag) => tag.prefixes))
  const admitted = families.reduce((set, family) => set.union(ranges.only(family)), RangeSet.empty)
  const required = requiredNames(definition)
  return {
    name,
    cloud,
    destinations,
    rules: mergeRules(required),
    prefixes: admitted.prefixes(),
    addresses: countsOf(admitted),
    uncovered: uncoveredNames(required, definition.tags),
    required,
    tags: tags.map((tag) => tag.name),
    missingTags: missing,
  }
}

/** Moves exactly when the list says something else, in any format. */
export function contentHashOf(content: ListContent, sha256: Sha256): string {
  const { prefixes, addresses: _, ...rest } = content
  return sha256(JSON.stringify([rest, prefixes.map(({ text }) => text)]))
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
