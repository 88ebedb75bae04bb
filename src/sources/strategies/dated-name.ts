/**
 * Names by guess: of 237 Public files 232 are named after a Monday and 4 after a Tuesday. Weeks are
 * skipped, so a name that is not there says nothing.
 */
import { RETIRED_CLOUDS } from '../../core/cloud.ts'
import type { FileDate } from '../../core/file-date.ts'
import { accept } from '../../core/result.ts'
import {
  createAsk,
  fetchFile,
  type Strategy,
  type StrategyDeps,
  type StrategyRequest,
} from '../ask.ts'
import { recentDays } from '../days.ts'

const NAME = 'dated-name'

/** Five weeks: the longest time between two names was three. */
const DAYS = 35

const MONDAY_AND_TUESDAY = [1, 2]

/** Statuses of a name that does not exist; any other failure would only repeat itself. */
const NOT_THERE: readonly (number | undefined)[] = [404, 410]

export function createDatedName(deps: StrategyDeps): Strategy {
  const { publisher } = deps

  /** Newest first, and only what would be news. A retired cloud has no new files to guess. */
  function guesses(request: StrategyRequest): Guess[] {
    const { cloud, now, newestFileDate, namedDate, asked } = request
    if (RETIRED_CLOUDS.includes(cloud)) return []
    return recentDays(now, DAYS, MONDAY_AND_TUESDAY)
      .filter((date) => newestFileDate === undefined || date > newestFileDate)
      .filter((date) => namedDate === undefined || date >= namedDate)
      .map((date) => {
        const fileName = `ServiceTags_${cloud}_${date.replaceAll('-', '')}.json`
        return { date, fileName, url: publisher.fileUrl(cloud, fileName) }
      })
      .filter(({ url }) => !asked?.has(url.href))
  }

  return {
    name: NAME,
    description: `recent dates, guessed, in the folder of ${publisher.description}`,
    applies: (request) => guesses(request).length > 0,
    async fetch(request) {
      const ask = createAsk(NAME, deps, request)
      const names = guesses(request)
      for (const { date, fileName, url } of names) {
        const fileDate = () => accept(date)
        const answer = await fetchFile(ask, NAME, { url, fileName, fileDate })
        if (answer.ok) return answer.value
        if (!NOT_THERE.includes(answer.status)) return answer.failure
      }
      const span = names.length === 0 ? '' : ` from ${names.at(-1)?.date} to ${names[0]?.date}`
      return { kind: 'unavailable', reason: `none of ${names.length} names${span} is there` }
    },
  }
}

interface Guess {
  readonly date: FileDate
  readonly fileName: string
  readonly url: URL
}
