import { describe, expect, it } from 'vitest'
import { changesSummary, changesText } from '../../../src/cli/commands/diff.ts'
import { resultsText } from '../../../src/cli/commands/lookup.ts'
import { snapshotTable } from '../../../src/cli/commands/snapshots.ts'
import type { ChangesView } from '../../../src/views/changes.ts'
import type { LookupView } from '../../../src/views/lookup.ts'
import type { SnapshotView } from '../../../src/views/snapshot.ts'

function snapshot(fileDate: string, cloud: SnapshotView['cloud'] = 'Public'): SnapshotView {
  return {
    id: `${cloud.toLowerCase()}-${fileDate.replaceAll('-', '')}-3f9a2c1e`,
    cloud,
    fileDate,
    revision: 0,
    changeNumber: 7,
    tags: 3039,
    memberships: 93_362,
    contentHash: 'ab',
    document: { sha256: 'cd', size: 1 },
    acceptedAt: '2025-10-28T12:00:00.123Z',
  }
}

const nothing = { gained: { ipv4: 0, ipv6: '0' }, lost: { ipv4: 0, ipv6: '0' } }

const changes: ChangesView = {
  from: snapshot('2025-10-13'),
  to: snapshot('2025-10-28'),
  unchanged: false,
  counts: { tagsAdded: 0, tagsRemoved: 0, tagsChanged: 2, prefixesAdded: 3, prefixesRemoved: 1 },
  coverage: {
    gained: { ipv4: 65_536, ipv6: '0' },
    lost: { ipv4: 0, ipv6: '1208925819614629174706176' },
  },
  earliestUse: '2025-11-04',
  regions: [],
  moved: [],
  flapping: [],
  tags: [
    {
      name: 'Sql',
      kind: 'changed',
      prefixesAdded: ['20.0.0.0/17', '20.0.128.0/17'],
      prefixesRemoved: ['20.0.0.0/16'],
      metadata: [],
      coverage: nothing,
      reaggregated: true,
      split: [],
      merged: [],
      earliestUse: null,
    },
    {
      name: 'Storage.WestEurope',
      kind: 'added',
      prefixesAdded: ['2603:1000::/40'],
      prefixesRemoved: [],
      metadata: [{ field: 'region', from: '', to: 'westeurope' }],
      coverage: nothing,
      reaggregated: false,
      split: [],
      merged: [],
      earliestUse: '2025-11-04',
    },
  ],
}

describe('a diff for people', () => {
  it('gives counts and addresses, then each tag with its prefixes', () => {
    expect(changesText(changes)).toBe(
      `Public 2025-10-13 (public-20251013-3f9a2c1e) -> 2025-10-28 (public-20251028-3f9a2c1e)
tags       0 added, 0 removed, 2 changed
prefixes   +3 -1
addresses  IPv4 +65,536 -0, IPv6 +0 -1,208,925,819,614,629,174,706,176
additions  in use from 2025-11-04 at the earliest

Sql (changed, same addresses)
  +20.0.0.0/17
  +20.0.128.0/17
  -20.0.0.0/16

Storage.WestEurope (added, in use from 2025-11-04)
  region: "" -> "westeurope"
  +2603:1000::/40
`,
    )
  })

  it('names regions, what moved, what came back, and what was split or merged', () => {
    const [sql] = changes.tags
    if (!sql) throw new Error('no tag')
    const coverage = { ...nothing, gained: { ipv4: 256, ipv6: '0' } }
    const pieces = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `20.0.${i}.0/24`)
    const text = changesText({
      ...changes,
      regions: [{ region: 'westeurope', coverage }],
      moved: pieces(22).map((prefix) => ({ prefix, from: ['Sql', 'Storage'], to: ['Batch'] })),
      flapping: [
        { tag: 'Sql', prefix: '20.0.0.0/16', leftOn: '2025-09-01', cameBackOn: '2025-10-06' },
      ],
      tags: [
        {
          ...sql,
          split: [{ prefix: '20.0.0.0/16', pieces: ['20.0.0.0/17', '20.0.128.0/17'], exact: true }],
          merged: [{ prefix: '20.0.0.0/19', pieces: pieces(5), exact: false }],
        },
      ],
    })
    expect(text).toContain(
      '\nalso       1 region with other addresses, 22 prefixes moved between tags, 1 came back\n',
    )
    expect(text).toContain('\nregions\n  westeurope  IPv4 +256 -0, IPv6 +0 -0\n')
    expect(text).toContain('\nmoved between tags\n  20.0.0.0/24  Sql, Storage -> Batch\n')
    expect(text).toContain('\n  20.0.19.0/24  Sql, Storage -> Batch\n  and 2 more\n')
    expect(text).toContain('\n  20.0.0.0/16  Sql, gone from 2025-09-01 until 2025-10-06\n')
    expect(text).toContain('\n  20.0.0.0/16 was split into 20.0.0.0/17, 20.0.128.0/17\n')
    expect(text).toContain('\n  20.0.0.0/19 was merged from 5 others, which are not all of it\n')
  })

  it('says in one line that nothing changed', () => {
    const same = { ...changes, unchanged: true, tags: [] }
    expect(changesSummary(same).split('\n')[1]).toBe('nothing changed')
  })
})

describe('a lookup for people', () => {
  const storage = {
    tag: 'Storage',
    region: '',
    systemService: 'AzureStorage',
    holds: 'whole',
    prefix: '20.38.96.0/19',
    firstSeen: '2019-07-22',
    lastSeen: null,
  } as const
  const inPublic: LookupView = {
    query: '20.38.98.100',
    cloud: 'Public',
    snapshot: snapshot('2025-10-28'),
    tags: [
      storage,
      { ...storage, tag: 'Old.EastUS', region: 'eastus', lastSeen: '2025-10-13' },
      { ...storage, tag: 'Wide', holds: 'part', prefix: null },
    ],
  }
  const inChina: LookupView = {
    ...inPublic,
    cloud: 'China',
    snapshot: snapshot('2026-07-20'),
    tags: [],
  }

  it('shows the clouds that have the address', () => {
    expect(resultsText([{ query: inPublic.query, answers: [inPublic, inChina] }])).toBe(
      `20.38.98.100 in Public of 2025-10-28
TAG         REGION  SERVICE       HOLDS  PREFIX         FIRST SEEN  LAST SEEN
Storage     -       AzureStorage  whole  20.38.96.0/19  2019-07-22  still there
Old.EastUS  eastus  AzureStorage  whole  20.38.96.0/19  2019-07-22  2025-10-13
Wide        -       AzureStorage  part   -              2019-07-22  still there
`,
    )
  })

  it('says in one line where an address is in no tag', () => {
    const answers = [{ ...inPublic, tags: [] }, inChina]
    expect(resultsText([{ query: '10.0.0.1', answers }])).toBe(
      '10.0.0.1 is in no service tag of Public of 2025-10-28, China of 2026-07-20\n',
    )
  })
})

describe('snapshots for people', () => {
  it('are a table, numbers grouped', () => {
    expect(snapshotTable([snapshot('2025-10-28')])).toBe(
      `SNAPSHOT                  CLOUD   FILE DATE   CHANGE   TAGS  PREFIXES  ACCEPTED
public-20251028-3f9a2c1e  Public  2025-10-28       7  3,039    93,362  2025-10-28T12:00:00Z
`,
    )
  })
})
