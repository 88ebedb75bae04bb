/**
 * Where Microsoft publishes, and which addresses may be fetched at all. A mirror inside the network
 * (RANGEWARDEN_PUBLISHER_URL) stands in for both hosts: whatever names them is fetched from it.
 */
import type { Cloud } from '../core/cloud.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import { sample } from './sample.ts'

/**
 * Ids of the download pages. Source: MicrosoftDocs/azure-docs, virtual-network,
 * service-tags-overview.md (2023-01-26); AzureGermany is retired.
 */
export const PAGE_IDS: Readonly<Record<Cloud, number>> = {
  Public: 56519,
  AzureGovernment: 57063,
  China: 57062,
  AzureGermany: 57064,
}

/**
 * Folders of the files. They are not documented, but have stayed the same since 2020 (feed history
 * kept by others: maciejporebski/azure-ips for Public), and the pages' links lead to them.
 */
const FOLDERS: Readonly<Record<Cloud, string>> = {
  Public: '/download/7/1/D/71D86715-5596-4529-9B13-DA13A5DE5B63',
  AzureGovernment: '/download/6/4/D/64DB03BF-895B-4173-A8B1-BA4AD5D4DF22',
  China: '/download/9/D/0/9D03B7E2-4B80-4BF3-9B91-DA8C7D3EE9F9',
  AzureGermany: '/download/0/7/6/076274AB-4B0B-4246-A422-4BAF1E03F974',
}

const PAGES = 'https://www.microsoft.com'
const FILES = 'https://download.microsoft.com'

/** What a link may lead to: only files' own host for links, both hosts for redirects. */
type Reach = 'files' | 'any'

export interface Publisher {
  /** For the log: whom we ask. */
  readonly description: string
  pageUrl(cloud: Cloud): URL
  /** Where the cloud's file of this name is, if the folders are still the ones we know. */
  fileUrl(cloud: Cloud, fileName: string): URL
  /** The address to fetch for a link or a redirect seen at `base`, or the rule it breaks. */
  locate(link: string, base: URL, reach: Reach): Result<URL>
}

/** Microsoft itself, or the mirror at this origin (checked by the configuration). */
export function createPublisher(mirror?: string): Publisher {
  const origin = mirror === undefined ? undefined : new URL(mirror).origin
  return {
    description: origin ?? `${PAGES} and ${FILES}`,
    // The locale is in the path because the page without one redirects by the caller's address.
    pageUrl: (cloud) =>
      new URL(`/en-us/download/details.aspx?id=${PAGE_IDS[cloud]}`, origin ?? PAGES),
    fileUrl: (cloud, fileName) => new URL(`${FOLDERS[cloud]}/${fileName}`, origin ?? FILES),
    locate(link, base, reach) {
      if (!URL.canParse(link, base.href)) return refuse('not a URL')
      const url = new URL(link, base)
      url.hash = ''
      if (url.username !== '' || url.password !== '') return refuse('a URL carries no password')
      const microsoft = reach === 'files' ? [FILES] : [PAGES, FILES]
      if (origin !== undefined && url.origin === origin) return accept(url)
      if (!microsoft.includes(url.origin)) {
        const allowed = [...microsoft, ...(origin === undefined ? [] : [origin])].join(' and ')
        return refuse(`${sample(url.origin)} is not asked: only ${allowed}`)
      }
      return accept(origin === undefined ? url : new URL(url.pathname + url.search, origin))
    },
  }
}
