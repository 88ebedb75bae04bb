/**
 * A name that does not change from week to week. It is not documented and was only ever seen for
 * Public (feed history of others: fetched daily since 2025-01, new content every week).
 */
import type { FileDate } from '../../core/file-date.ts'
import { accept, refuse, type Result } from '../../core/result.ts'
import type { Fetched } from '../contract.ts'
import { createAsk, fetchFile, type Strategy, type StrategyDeps } from '../ask.ts'
import { dayOf, mondayOf } from '../days.ts'

const NAME = 'latest-name'

export function createLatestName(deps: StrategyDeps): Strategy {
  const { publisher } = deps
  return {
    name: NAME,
    description: `the file of ${publisher.description} that is always named so`,
    applies: ({ cloud }) => cloud === 'Public',
    async fetch(request) {
      const { cloud, now, newestFileDate, namedDate } = request
      const known = later(newestFileDate, namedDate)
      const fileName = `ServiceTags_${cloud}_Latest.json`
      const asked = await fetchFile(createAsk(NAME, deps, request), NAME, {
        url: publisher.fileUrl(cloud, fileName),
        fileName,
        fileDate: ({ lastModified }) => dateOfLatest(lastModified, now, known),
      })
      return asked.ok ? withDoubt(asked.value) : asked.failure
    },
  }
}

/** Without a Last-Modified an old copy looks like this week's: whoever judges it has to know. */
function withDoubt(fetched: Fetched): Fetched {
  const isUnsaid = 'origin' in fetched && fetched.origin.validators.lastModified === undefined
  return isUnsaid ? { ...fetched, origin: { ...fetched.origin, dateIsGuessed: true } } : fetched
}

/**
 * The date that such a file most likely has under its own name: the Monday on or before the day it
 * was last modified, or before today if that is not said. But never before the newest file we know
 * of, if that one was there by then: it is either that file or a later one. A file that was not
 * touched since before the newest one brings no news, and to take it would look like a withdrawal.
 */
export function dateOfLatest(
  lastModified: string | undefined,
  now: Date,
  newest: FileDate | undefined,
): Result<FileDate> {
  const said = new Date(lastModified ?? '')
  const modified = said <= now ? said : now // an invalid date compares as false
  const monday = mondayOf(modified)
  if (newest === undefined || newest < monday) return accept(monday)
  if (newest <= dayOf(modified)) return accept(newest)
  return refuse(`last modified on ${dayOf(modified)}, and there is a file of ${newest}`)
}

function later(a: FileDate | undefined, b: FileDate | undefined): FileDate | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}
