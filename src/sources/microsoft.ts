/**
 * Microsoft's weekly files, found in five ways, the documented one first (docs/adr/0010). Each is a
 * file in strategies/; here they are put in order.
 */
import type { Dispatcher } from 'undici'
import type { Strategy, StrategyDeps, StrategyLimits } from './ask.ts'
import type { Source } from './contract.ts'
import { HTTP_LIMITS } from './http-client.ts'
import { createLayeredSource } from './layered.ts'
import { createPublisher } from './publisher.ts'
import { createDatedName } from './strategies/dated-name.ts'
import { createDetailsPage } from './strategies/details-page.ts'
import { createLastGoodLink } from './strategies/last-good-link.ts'
import { createLatestName } from './strategies/latest-name.ts'
import { createMirror } from './strategies/mirror.ts'
import { MAX_FILE_BYTES } from './weekly-files.ts'

export type MicrosoftLimits = StrategyLimits

export const MICROSOFT_LIMITS: MicrosoftLimits = {
  http: HTTP_LIMITS,
  pageBytes: 5 * 1024 * 1024,
  fileBytes: MAX_FILE_BYTES,
  links: 4,
}

export interface MicrosoftOptions {
  /** Of the product, for the User-Agent. */
  readonly version: string
  readonly dispatcher: Dispatcher
  /** As in RANGEWARDEN_PUBLISHER_URL: an origin that stands in for Microsoft's two hosts. */
  readonly publisherUrl?: string | undefined
  /** As in RANGEWARDEN_MIRROR_URL: an origin with the same paths, asked when all else has failed. */
  readonly mirrorUrl?: string | undefined
  readonly limits?: MicrosoftLimits | undefined
}

export function createMicrosoftSource(options: MicrosoftOptions): Source {
  const { version, dispatcher, publisherUrl, mirrorUrl, limits = MICROSOFT_LIMITS } = options
  const publisher = createPublisher(publisherUrl)
  const deps: StrategyDeps = { publisher, dispatcher, userAgent: `rangewarden/${version}`, limits }
  const layers: Strategy[] = [
    createDetailsPage(deps),
    createLatestName(deps),
    createDatedName(deps),
    createLastGoodLink(deps),
    ...(mirrorUrl === undefined ? [] : [createMirror(deps, mirrorUrl)]),
  ]
  const mirror =
    mirrorUrl === undefined ? '' : `, at last of ${createPublisher(mirrorUrl).description}`
  return createLayeredSource(
    'microsoft',
    `weekly files of ${publisher.description}${mirror}`,
    layers,
  )
}
