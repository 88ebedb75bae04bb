/** The cloud's download page names the newest file: the first way, and the only documented one. */
import type { FileDate } from '../../core/file-date.ts'
import { accept } from '../../core/result.ts'
import {
  createAsk,
  fetchFile,
  type Ask,
  type FetchFailure,
  type Reading,
  type Strategy,
  type StrategyDeps,
} from '../ask.ts'
import type { Fetched } from '../contract.ts'
import { dayOf } from '../days.ts'
import { newestLinks, type PageLink } from '../page-links.ts'

/** `name` tells the same way at another origin apart. */
export function createDetailsPage(deps: StrategyDeps, name = 'details-page'): Strategy {
  const { publisher, limits } = deps

  return {
    name,
    description: `the newest file that the download page of ${publisher.description} links`,
    async fetch(request) {
      const { cloud, signal, now, notAfter, namedDate } = request
      const ask = createAsk(name, deps, request)
      const pageUrl = publisher.pageUrl(cloud)
      // A page is asked for without validators, so it always brings bytes.
      const page = await ask(pageUrl, 'page', ({ bytes }) => {
        const text = bytes?.toString('utf8') ?? ''
        const found = newestLinks(
          text,
          cloud,
          (link) => publisher.locate(link, pageUrl, 'files'),
          notAfter,
        )
        return found.ok ? notBefore(namedDate, found.links) : found
      })
      if (!page.ok) return page.failure
      const links = page.value.slice(0, limits.links)
      const fetched = await firstOf(links, name, ask, signal)
      const named = links[0]?.fileDate
      // A mistyped year must not make every file that can be had look old.
      return named !== undefined && named <= dayOf(now) ? { ...fetched, namedDate: named } : fetched
    },
  }
}

/** A page that lags behind another one names an old week, which would look like no news. */
function notBefore(
  named: FileDate | undefined,
  links: readonly PageLink[],
): Reading<readonly PageLink[]> {
  const [link] = links
  if (!link || named === undefined || link.fileDate >= named) return { ok: true, value: links }
  const reason = `another page names a file of ${named}`
  return { ok: false, found: link.fileName, reason }
}

/** The first link that works; when none does, what happened to the first of them. */
async function firstOf(
  links: readonly PageLink[],
  name: string,
  ask: Ask,
  signal: AbortSignal,
): Promise<Fetched> {
  let failure: FetchFailure | undefined
  for (const link of links) {
    const asked = await fetchFile(ask, name, { ...link, fileDate: () => accept(link.fileDate) })
    if (asked.ok) return asked.value
    if (signal.aborted) return asked.failure
    failure ??= asked.failure
  }
  return failure ?? { kind: 'unavailable', reason: 'there was no link to try' }
}
