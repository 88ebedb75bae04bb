/** How each followed cloud is doing, from memory: a scrape asks no database. */
import type { Registry } from 'prom-client'
import { FAMILIES } from '../core/address.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Freshness } from '../history/freshness.ts'
import { CLOUD_STATES, type CloudOverview } from '../history/overview.ts'
import { addGauge, secondsOf, type Sample } from './gauges.ts'

export function addCloudMetrics(
  registry: Registry,
  freshness: Pick<Freshness, 'overviews' | 'unverifiedSince'>,
): void {
  function perCloud(
    name: string,
    help: string,
    samples: (overview: CloudOverview) => readonly Sample[],
    labels: readonly string[] = [],
  ): void {
    addGauge(registry, { name, help, labels: ['cloud', ...labels] }, () =>
      freshness
        .overviews()
        .flatMap((overview) =>
          samples(overview).map(([own, value]): Sample => [
            { cloud: overview.cloud, ...own },
            value,
          ]),
        ),
    )
  }

  perCloud(
    'rangewarden_cloud_state',
    'How a cloud is doing: 1 for the state it is in, 0 for the others.',
    ({ state }) => CLOUD_STATES.map((one) => [{ state: one }, Number(one === state)]),
    ['state'],
  )
  perCloud('rangewarden_holds_waiting', 'Held files that wait for a person.', ({ waiting }) => [
    [{}, waiting.length],
  ])
  perCloud(
    'rangewarden_rollback_in_force',
    '1 while a person has gone back to an earlier snapshot.',
    ({ rollback }) => [[{}, Number(rollback !== undefined)]],
  )
  perCloud(
    'rangewarden_discovery_degraded',
    '1 while files are found by another strategy than the first.',
    ({ discovery }) => [[{}, discovery && Number(discovery.degraded !== undefined)]],
  )
  perCloud(
    'rangewarden_newest_file_timestamp_seconds',
    'Midnight (UTC) of the date of the newest file seen at the publisher.',
    ({ newestFileDate }) => [[{}, newestFileDate && Date.parse(newestFileDate) / 1000]],
  )
  perCloud(
    'rangewarden_last_success_timestamp_seconds',
    'When a run last learned which file is the newest.',
    ({ lastSuccessAt }) => [[{}, secondsOf(lastSuccessAt)]],
  )
  perCloud(
    'rangewarden_sync_refused_timestamp_seconds',
    'When the newest run that brought anything was refused; absent unless it was.',
    ({ refusedAt }) => [[{}, secondsOf(refusedAt)]],
  )
  perCloud(
    'rangewarden_dataset_change_number',
    "Microsoft's change number of the snapshot that is published.",
    ({ published }) => [[{}, published?.record.changeNumber]],
  )
  perCloud(
    'rangewarden_dataset_file_timestamp_seconds',
    'Midnight (UTC) of the date of the file that is published, which a rollback or a hold keeps old.',
    ({ published }) => [[{}, published && Date.parse(published.record.fileDate) / 1000]],
  )
  perCloud(
    'rangewarden_dataset_published_timestamp_seconds',
    'When what is published was published here.',
    ({ published }) => [[{}, secondsOf(published?.publication.publishedAt)]],
  )
  perCloud(
    'rangewarden_dataset_prefixes',
    'Prefixes of all tags of what is published.',
    ({ published }) => {
      const counts = published && prefixCounts(published.snapshot)
      return FAMILIES.map((family) => [{ family: `ipv${family}` }, counts?.[family]])
    },
    ['family'],
  )
  addGauge(
    registry,
    {
      name: 'rangewarden_database_unverified_since_timestamp_seconds',
      help: 'Since when what is served could not be compared with the database; absent while it is.',
    },
    () => [[{}, secondsOf(freshness.unverifiedSince())]],
  )
}

type PrefixCounts = Readonly<Record<4 | 6, number>>

const counted = new WeakMap<Snapshot, PrefixCounts>()

/** Of a Public snapshot these are 93,000 prefixes: counted once. */
function prefixCounts(snapshot: Snapshot): PrefixCounts {
  const known = counted.get(snapshot)
  if (known) return known
  const counts = { 4: 0, 6: 0 }
  for (const { prefixes } of snapshot.tags.values()) {
    for (const { family } of prefixes) counts[family]++
  }
  counted.set(snapshot, counts)
  return counts
}
