/**
 * Microsoft's download pages: the page of the cloud names the newest weekly file, and the file is
 * fetched if it is not the one we know. Nothing is guessed by date: weeks are skipped, and some
 * files are dated Tuesday or Thursday (feed-facts).
 */
import type { Dispatcher } from 'undici'
import type { Fetched, FetchRequest, Origin, Source } from './contract.ts'
import { newestLinks, type PageLink } from './details-page.ts'
import { get, HTTP_LIMITS, type GetRequest, type HttpLimits } from './http-client.ts'
import { createPublisher } from './publisher.ts'

export interface MicrosoftLimits {
  readonly http: HttpLimits
  readonly pageBytes: number
  /** The largest real file has 4.5 MB (Public, 2026-06). */
  readonly fileBytes: number
  /** How many links of one date are tried. */
  readonly links: number
}

export const MICROSOFT_LIMITS: MicrosoftLimits = {
  http: HTTP_LIMITS,
  pageBytes: 5 * 1024 * 1024,
  fileBytes: 32 * 1024 * 1024,
  links: 4,
}

export interface MicrosoftOptions {
  /** Of the product, for the User-Agent: requests without one are refused by the page's host. */
  readonly version: string
  readonly dispatcher: Dispatcher
  /** As in RANGEWARDEN_PUBLISHER_URL: an origin that stands in for Microsoft's two hosts. */
  readonly publisherUrl?: string | undefined
  readonly limits?: MicrosoftLimits | undefined
}

export function createMicrosoftSource(options: MicrosoftOptions): Source {
  const publisher = createPublisher(options.publisherUrl)
  const limits = options.limits ?? MICROSOFT_LIMITS
  const shared = {
    dispatcher: options.dispatcher,
    userAgent: `rangewarden/${options.version}`,
    limits: limits.http,
    locate: (location: string, base: URL) => publisher.locate(location, base, 'any'),
  }

  return {
    name: 'microsoft',
    description: `weekly files of ${publisher.description}`,
    async fetch({ cloud, signal, validatorsOf }) {
      const pageUrl = publisher.pageUrl(cloud)
      const maxBytes = limits.pageBytes
      const page = await get(pageUrl, { ...shared, signal, accept: 'text/html', maxBytes })
      if (page.kind === 'not-modified') {
        return {
          kind: 'unavailable',
          reason: `${pageUrl.href}: answered 304 unasked`,
          url: pageUrl.href,
        }
      }
      if (page.kind !== 'body') return page

      const text = page.bytes.toString('utf8')
      const newest = newestLinks(text, cloud, (link) => publisher.locate(link, pageUrl, 'files'))
      if (!newest.ok) {
        const refusal = { path: pageUrl.href, value: newest.found, reason: newest.reason }
        return { kind: 'refused', refusals: [refusal], url: pageUrl.href }
      }
      const request = { ...shared, signal, accept: 'application/json', maxBytes: limits.fileBytes }
      return fetchFirst(newest.links.slice(0, limits.links), request, validatorsOf)
    },
  }
}

/** The first link that works; when none does, what happened to the first of them. */
async function fetchFirst(
  links: readonly PageLink[],
  request: GetRequest,
  validatorsOf: FetchRequest['validatorsOf'],
): Promise<Fetched> {
  let failure: Fetched | undefined
  for (const link of links) {
    const fetched = await fetchFile(link, request, validatorsOf)
    if (fetched.kind === 'document' || fetched.kind === 'not-modified') return fetched
    failure ??= fetched
    if (request.signal.aborted) break
  }
  return failure ?? { kind: 'unavailable', reason: 'there was no link to try' }
}

async function fetchFile(
  { url, fileName, fileDate, size }: PageLink,
  request: GetRequest,
  validatorsOf: FetchRequest['validatorsOf'],
): Promise<Fetched> {
  const answer = await get(url, { ...request, validators: await validatorsOf(url.href) })
  if (answer.kind === 'unavailable' || answer.kind === 'refused') return answer
  const origin: Origin = {
    strategy: 'details-page',
    url: url.href,
    fileName,
    fileDate,
    validators: answer.validators,
  }
  if (answer.kind === 'not-modified') return { kind: 'not-modified', origin }
  const { bytes } = answer
  if (size !== undefined && size !== bytes.length) {
    const reason = `truncated or another file: the download page says ${size} bytes`
    const refusal = { path: url.href, value: `${bytes.length} bytes`, reason }
    return { kind: 'refused', refusals: [refusal], url: url.href }
  }
  return { kind: 'document', bytes, origin }
}
