/**
 * Weekly service-tags documents of real shape, made up from a seed, so that a fresh clone without
 * real files proves the same laws. Same options, same bytes.
 *
 * What is in every feed: AzureCloud, AzureActiveDirectory, AzureFrontDoor.Frontend and .FirstParty,
 * ServiceBus, global and regional tags, IPv4 and IPv6. What is in the weeks: prefixes added,
 * withdrawn, split and merged, tags that vanish and come back, features reordered. The third week
 * (then every eighth) says nothing new under a higher change number; the fifth (likewise) says
 * something new under the same number; the sixth skips a Monday. The real files did all of that.
 */
import type { Cloud } from '../../src/core/cloud.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { createWorld, type FeedTag } from './feed-world.ts'
import { seededRandom } from './random.ts'

export interface FeedOptions {
  readonly seed?: number
  readonly cloud?: Cloud
  /** About how many tags; at least 60. */
  readonly tags?: number
  /** About how many prefixes, relative to the default: see `REAL_SIZE`. */
  readonly density?: number
  readonly weeks?: number
  /** Date of the first file, a Monday by default. */
  readonly from?: string
}

export interface WeeklyDocument {
  readonly cloud: Cloud
  readonly fileDate: FileDate
  /** `ServiceTags_Public_20250106.json` */
  readonly fileName: string
  readonly changeNumber: number
  /** Pretty-printed JSON with the publisher's order of keys, no newline at the end. */
  readonly text: string
  /** False where the week says exactly what the week before said; the first week says news. */
  readonly isNews: boolean
}

/** About the size of a real Public file of 2025: 3,000 tags, 90,000 memberships. */
export const REAL_SIZE = { tags: 3_000, density: 1.7 } as const satisfies FeedOptions

const DAY = 86_400_000

/** Default: 8 weeks of about 80 tags and 2,500 memberships. */
export function makeFeed(options: FeedOptions = {}): WeeklyDocument[] {
  const { seed = 1, cloud = 'Public', tags = 80, density = 1, weeks = 8 } = options
  const random = seededRandom(seed)
  const regions = Math.min(60, Math.max(5, Math.round(Math.sqrt(tags))))
  const services = Math.max(7, Math.ceil((tags - 4 - regions) / (regions + 1)))
  const world = createWorld(random, { regions, services, density })
  const feed: WeeklyDocument[] = []
  let changeNumber = 100 + random.below(100)
  let day = Date.parse(options.from ?? '2025-01-06')
  for (let week = 0; week < weeks; week++) {
    const isNews = week % 8 !== 2
    if (week > 0) {
      day += week % 8 === 5 ? 14 * DAY : 7 * DAY
      world.shuffleFeatures()
      if (isNews) world.passWeek()
      if (week % 8 !== 4) changeNumber++
    }
    const fileDate = fileDateOf(day)
    const text = print(cloud, changeNumber, world.tags())
    feed.push({
      cloud,
      fileDate,
      fileName: fileNameOf(cloud, fileDate),
      changeNumber,
      text,
      isNews,
    })
  }
  return feed
}

/** One tag of a hand-written document, as published; `undefined` leaves a property out. */
export function tagValue(
  name: string,
  addressPrefixes: unknown,
  properties: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    name,
    id: name,
    properties: {
      changeNumber: 1,
      region: '',
      regionId: 0,
      platform: 'Azure',
      systemService: '',
      addressPrefixes,
      networkFeatures: null,
      ...properties,
    },
  }
}

/** A document of two tags for hand-written cases: any top-level key can be replaced or left out. */
export function smallDocument(overrides: Readonly<Record<string, unknown>> = {}): string {
  const document = {
    changeNumber: 7,
    cloud: 'Public',
    values: [
      tagValue('AzureCloud', ['20.0.0.0/16', '2603:1000::/40']),
      tagValue('ServiceBus', ['20.0.1.0/28'], { systemService: 'AzureServiceBus' }),
    ],
    ...overrides,
  }
  return JSON.stringify(document, null, 2)
}

function print(cloud: Cloud, changeNumber: number, tags: readonly FeedTag[]): string {
  const values = tags.map((tag) =>
    tagValue(
      tag.name,
      tag.prefixes.map(({ text }) => text),
      {
        changeNumber: tag.changeNumber,
        region: tag.region,
        regionId: tag.regionId,
        systemService: tag.systemService,
        networkFeatures: tag.networkFeatures,
      },
    ),
  )
  return JSON.stringify({ changeNumber, cloud, values }, null, 2)
}

function fileNameOf(cloud: Cloud, fileDate: FileDate): string {
  return `ServiceTags_${cloud}_${fileDate.replaceAll('-', '')}.json`
}

function fileDateOf(time: number): FileDate {
  const parsed = parseFileDate(new Date(time).toISOString().slice(0, 10))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}
