/** A body of every type of event, as a site would send it. */
import { EVENT_TYPES, type EventBody, type EventType } from '../../src/webhooks/event.ts'

type BodyOf<Type extends EventType> = Extract<EventBody, { readonly type: Type }>

const timestamp = '2025-10-28T06:17:04.000Z'
const coverage = {
  gained: { ipv4: 1024, ipv6: '0' },
  lost: { ipv4: 256, ipv6: '1208925819614629174706176' },
}
const nothing = { addresses: { ipv4: 0, ipv6: '0' }, networks: none(), names: none() }
const source = {
  cloud: 'Public',
  newestFileDate: '2025-10-28',
  lastSuccessAt: '2025-11-23T06:17:04.000Z',
  links: { runs: 'https://ranges.example/v1/runs?cloud=Public' },
} as const

/** One realistic body of each type. */
export const SAMPLE_BODIES: { readonly [Type in EventType]: BodyOf<Type> } = {
  'ranges.changed': {
    type: 'ranges.changed',
    timestamp,
    data: {
      cloud: 'Public',
      serial: 12,
      kind: 'sync',
      publishedBy: 'schedule',
      reason: '',
      from: { snapshot: 'public-20251020-1f2e3d4c', fileDate: '2025-10-20' },
      to: { snapshot: 'public-20251028-3f9a2c1e', fileDate: '2025-10-28' },
      counts: {
        tagsAdded: 2,
        tagsRemoved: 0,
        tagsChanged: 41,
        prefixesAdded: 118,
        prefixesRemoved: 7,
      },
      coverage,
      tags: { names: ['AzureCloud', 'AzureCloud.westeurope', 'Storage.WestEurope'], more: 40 },
      earliestUse: '2025-11-04',
      links: {
        changes: 'https://ranges.example/v1/changes?cloud=Public&from=2025-10-20&to=2025-10-28',
        snapshot: 'https://ranges.example/v1/snapshots/public-20251028-3f9a2c1e',
      },
    },
  },
  'allowlist.changed': {
    type: 'allowlist.changed',
    timestamp,
    data: {
      allowlist: 'app-proxy-ip',
      cloud: 'Public',
      serial: 7,
      snapshot: 'public-20251028-3f9a2c1e',
      coverage,
      names: { added: { names: ['*.msappproxy.net'], more: 0 }, removed: none() },
      links: { allowlist: 'https://ranges.example/v1/allowlists/app-proxy-ip' },
    },
  },
  'sync.held': {
    type: 'sync.held',
    timestamp,
    data: {
      cloud: 'Public',
      hold: 3,
      fileDate: '2025-10-28',
      reasons: ['the cloud loses 12.2 % of its IPv4 addresses, policy "cautious" allows 5 %'],
      coverage,
      links: { hold: 'https://ranges.example/v1/holds/3' },
    },
  },
  'sync.refused': {
    type: 'sync.refused',
    timestamp,
    data: {
      cloud: 'Public',
      run: 'b1946ac9-2f4c-4b6e-9d0a-3f1c5b7e8a90',
      url: 'https://download.microsoft.com/download/ServiceTags_Public_20251028.json',
      refusals: [
        {
          path: 'values[12].properties.addressPrefixes[3]',
          value: '10.0.0.1/8',
          reason: 'host bits set',
        },
      ],
      more: 4,
      links: { run: '/v1/runs/b1946ac9-2f4c-4b6e-9d0a-3f1c5b7e8a90' },
    },
  },
  'source.quiet': {
    type: 'source.quiet',
    timestamp,
    data: { ...source, state: 'source-quiet', ageInDays: 26 },
  },
  'source.failing': {
    type: 'source.failing',
    timestamp,
    data: { ...source, state: 'cannot-fetch', ageInDays: 9, lastSuccessAt: null },
  },
  'source.recovered': {
    type: 'source.recovered',
    timestamp,
    data: { ...source, state: 'current', ageInDays: 1 },
  },
  'drift.detected': {
    type: 'drift.detected',
    timestamp,
    data: {
      allowlist: 'app-proxy-ip',
      cloud: 'Public',
      device: 'fw-paris-1',
      serial: 7,
      missing: {
        addresses: { ipv4: 512, ipv6: '0' },
        networks: { names: ['20.0.0.0/24', '20.0.2.0/24'], more: 0 },
        names: none(),
      },
      extra: nothing,
      stale: {
        addresses: { ipv4: 0, ipv6: '0' },
        networks: none(),
        names: { names: ['old.msappproxy.net'], more: 0 },
      },
      links: { allowlist: 'https://ranges.example/v1/allowlists/app-proxy-ip' },
    },
  },
  'webhook.disabled': {
    type: 'webhook.disabled',
    timestamp,
    data: {
      webhook: 'wh_2f6d0c5be8a94c1f93d7e60a',
      origin: 'https://hooks.slack.com',
      reason: 'the receiver says that it is gone (410)',
      waiting: 3,
      links: { webhook: 'https://ranges.example/v1/webhooks/wh_2f6d0c5be8a94c1f93d7e60a' },
    },
  },
  'report.weekly': {
    type: 'report.weekly',
    timestamp,
    data: {
      week: '2025-W44',
      from: '2025-10-27',
      to: '2025-11-02',
      lines: ['Public: 1 file, +1,024 -256 IPv4 addresses', '- app-proxy-ip: serial 7'],
      links: { report: 'https://ranges.example/v1/report?week=2025-W44' },
    },
  },
  'webhook.test': {
    type: 'webhook.test',
    timestamp,
    data: { webhook: 'wh_2f6d0c5be8a94c1f93d7e60a', text: 'This is a test: nothing has happened.' },
  },
}

/** In the order of the documentation. */
export const EVERY_SAMPLE: readonly EventBody[] = EVENT_TYPES.map((type) => SAMPLE_BODIES[type])

function none(): { names: string[]; more: number } {
  return { names: [], more: 0 }
}
