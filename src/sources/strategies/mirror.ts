/** A second origin with the same paths (RANGEWARDEN_MIRROR_URL): its page, then the file it links. */
import type { Strategy, StrategyDeps } from '../ask.ts'
import { createPublisher } from '../publisher.ts'
import { createDetailsPage } from './details-page.ts'

/** Links of the mirror's page that name the publisher's hosts are fetched from the mirror. */
export function createMirror(deps: StrategyDeps, mirrorUrl: string): Strategy {
  return createDetailsPage({ ...deps, publisher: createPublisher(mirrorUrl) }, 'mirror')
}
