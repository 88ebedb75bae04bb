/** The service tags that a cloud's allowlists name: the guard measures each of them on its own. */
import type { Cloud } from '../core/cloud.ts'
import { selectTags } from '../core/selection.ts'
import { compareText, type Snapshot } from '../core/snapshot.ts'
import type { Store } from '../store/contract.ts'
import type { AllowlistDefinition } from './definition.ts'
import { readDefinitions } from './definitions.ts'

/** Of built-in and stored lists; `snapshot` tells which tags a list of regions means. */
export async function namedTags(
  store: Pick<Store, 'allowlists'>,
  clouds: readonly Cloud[],
  snapshot: Snapshot,
): Promise<string[]> {
  // A cloud that is taken in by hand has the built-in lists it would have if it were followed.
  const followed = clouds.includes(snapshot.cloud) ? clouds : [snapshot.cloud]
  return tagsNamedBy((await readDefinitions(store, followed)).all(), snapshot)
}

/** In name order, each once. */
export function tagsNamedBy(
  definitions: readonly AllowlistDefinition[],
  snapshot: Snapshot,
): string[] {
  const names = definitions
    .filter(({ cloud }) => cloud === snapshot.cloud)
    .flatMap((definition) => {
      const selected = selectTags(snapshot, definition).tags.map(({ name }) => name)
      // With regions the names are those of families, not of tags.
      return definition.regions.length === 0 ? [...definition.tags, ...selected] : selected
    })
  return [...new Set(names)].sort(compareText)
}
