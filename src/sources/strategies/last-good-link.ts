/** The address of the newest file we have: it can only say that this file is still there. */
import { accept } from '../../core/result.ts'
import {
  createAsk,
  fetchFile,
  type FileTarget,
  type Strategy,
  type StrategyDeps,
  type StrategyRequest,
} from '../ask.ts'
import { parseWeeklyFileName } from '../file-name.ts'

const NAME = 'last-good-link'

export function createLastGoodLink(deps: StrategyDeps): Strategy {
  const { publisher } = deps

  /**
   * Undefined for an address that this publisher may not be asked for (another was configured
   * then), for a name without the date (what is there now may be another file), and when a page
   * names another file: that this one is still there then says nothing.
   */
  function target(request: StrategyRequest): FileTarget | undefined {
    const { cloud, lastGood, namedDate, asked } = request
    if (!lastGood || (namedDate !== undefined && namedDate !== lastGood.fileDate)) return undefined
    const url = publisher.locate(lastGood.url, publisher.pageUrl(cloud), 'files')
    if (!url.ok || asked?.has(url.value.href)) return undefined
    const fileName = url.value.pathname.split('/').at(-1) ?? ''
    const name = parseWeeklyFileName(fileName)
    if (!name.ok || name.value.cloud !== cloud) return undefined
    if (name.value.fileDate !== lastGood.fileDate) return undefined
    return { url: url.value, fileName, fileDate: () => accept(lastGood.fileDate) }
  }

  return {
    name: NAME,
    description: `the newest accepted file, at ${publisher.description} again`,
    applies: (request) => target(request) !== undefined,
    async fetch(request) {
      const file = target(request)
      if (!file) return { kind: 'unavailable', reason: 'no accepted file has such an address' }
      const asked = await fetchFile(createAsk(NAME, deps, request), NAME, file)
      return asked.ok ? asked.value : asked.failure
    },
  }
}
