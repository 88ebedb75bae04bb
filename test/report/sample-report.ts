/** A week with everything in it, and texts of people who mean no good. */
import type { FileDate, Position } from '../../src/core/file-date.ts'
import type { ChangedTag, ChangeFacts } from '../../src/history/published-changes.ts'
import type { WeeklyReport } from '../../src/report/contract.ts'
import { parseWeek, type Week } from '../../src/report/week.ts'
import type { Hold, Publication, SnapshotRecord } from '../../src/store/contract.ts'

/** Each would be something else than text where it is not escaped. */
export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  ']]> & &amp; &#60; <!-- -->',
  '| a | b |',
  '`code` ``` **bold** _em_ ~~gone~~ [link](http://x.example) ![image](x)',
  '# heading #',
  '- item',
  '1. item',
  '> quoted',
  '---',
  '\\*not escaped\\*',
  '$math$ ^up^ &lt;b&gt; <http://x.example>',
  'one\ntwo\r\nthree\u2028four\u2029five',
  'nul\u0000 bell\u0007 escape\u001b[31m delete\u007f c1\u0085',
  'right to left \u202etxt.exe, zero\u200bwidth, mark \ufeff',
  'no character \ufffe \uffff, half of one \ud800 and \udc00',
]

function week(text: string): Week {
  const parsed = parseWeek(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

export function record(fileDate: string, digits = '0a1b2c3d'): SnapshotRecord {
  const id = `public-${fileDate.replaceAll('-', '')}-${digits}`
  return {
    id,
    cloud: 'Public',
    fileDate: fileDate as FileDate,
    revision: 0,
    position: (Number(fileDate.replaceAll('-', '')) * 100) as Position,
    contentHash: digits.repeat(8),
    changeNumber: 380,
    tags: 3_012,
    memberships: 87_345,
    documentSha256: digits.repeat(8),
    documentSize: 4_321_000,
    acceptedAt: new Date(`${fileDate}T06:17:00Z`),
  }
}

export function publication(serial: number, more: Partial<Publication> = {}): Publication {
  return {
    cloud: 'Public',
    serial,
    snapshotId: record('2025-10-28').id,
    kind: 'sync',
    publishedBy: 'schedule',
    reason: 'ServiceTags_Public_20251028.json by details-page',
    publishedAt: new Date('2025-10-28T06:18:00Z'),
    until: undefined,
    additionsOf: undefined,
    ...more,
  }
}

export function changedTag(name: string, more: Partial<ChangedTag> = {}): ChangedTag {
  return {
    name,
    kind: 'changed',
    prefixesAdded: 12,
    prefixesRemoved: 3,
    coverage: { gained: { 4: 1_024n, 6: 79n << 80n }, lost: { 4: 256n, 6: 0n } },
    earliestUse: '2025-11-04',
    ...more,
  }
}

export function facts(tags: readonly ChangedTag[]): ChangeFacts {
  return {
    prefixesAdded: 45,
    prefixesRemoved: 12,
    coverage: { gained: { 4: 33_522n, 6: 177n << 64n }, lost: { 4: 2_048n, 6: 19n << 77n } },
    tags,
    earliestUse: '2025-11-04',
  }
}

function hold(id: number, more: Partial<Hold> = {}): Hold {
  return {
    id,
    cloud: 'Public',
    fileDate: '2025-10-28' as FileDate,
    contentHash: '0a1b2c3d'.repeat(8),
    documentSha256: '0a1b2c3d'.repeat(8),
    strategy: 'details-page',
    url: 'https://download.example/ServiceTags_Public_20251028.json',
    reasons: [
      { rule: 'cloud-loss', text: 'IPv4 loses 12.2 % of its addresses, 10 % is the limit' },
    ],
    diff: undefined,
    state: 'waiting',
    createdAt: new Date('2025-10-28T12:17:00Z'),
    decision: undefined,
    ...more,
  }
}

/** Every text of people and publishers in it is `said`. */
export function sampleReport(said = 'the branch lost its mail'): WeeklyReport {
  const [before, after] = [record('2025-10-20', '11111111'), record('2025-10-28')]
  const tags = [
    changedTag('AzureCloud'),
    changedTag(said, { kind: 'added' }),
    ...Array.from({ length: 30 }, (_, i) => changedTag(`Storage.Region${i + 1}`)),
    changedTag('OldService', { kind: 'removed', earliestUse: undefined }),
  ]
  const net = { from: before, to: after, facts: facts(tags) }
  const madeBy = { publishedBy: said, reason: said }
  const rollback = publication(13, {
    kind: 'rollback',
    until: new Date('2025-11-06T00:00:00Z'),
    publishedAt: new Date('2025-10-30T10:00:00Z'),
    ...madeBy,
  })
  const none = { ipv4: '0', ipv6: '0', names: 0 }
  return {
    week: week('2025-W44'),
    isComplete: true,
    madeAt: new Date('2025-11-03T06:00:00Z'),
    clouds: [
      {
        cloud: 'Public',
        state: 'held',
        ageInDays: 6,
        published: { serial: 13, record: after },
        waiting: [5],
        rollback: {
          snapshot: after.id,
          fileDate: after.fileDate,
          since: rollback.publishedAt,
          until: rollback.until,
          by: said,
          reason: said,
        },
        atBegin: { serial: 11, record: before },
        atEnd: { serial: 13, record: after },
        net,
        publications: [
          { publication: publication(12, { kind: 'approval', ...madeBy }), change: net },
          { publication: rollback, change: { from: after, to: after, facts: facts([]) } },
        ],
        rollbacks: [{ publication: rollback, record: after, endedAt: undefined }],
        holds: [
          hold(4, {
            state: 'approved',
            decision: { by: said, reason: said, at: new Date('2025-10-28T06:18:00Z') },
          }),
          hold(5, { reasons: [{ rule: 'tag-loss', text: said }] }),
        ],
        runs: {
          outcomes: {
            published: 1,
            accepted: 2,
            unchanged: 24,
            refused: 0,
            held: 1,
            failed: 2,
            'would-publish': 0,
          },
          isWhole: true,
        },
      },
      {
        cloud: 'China',
        state: 'empty',
        ageInDays: undefined,
        published: undefined,
        waiting: [],
        rollback: undefined,
        atBegin: undefined,
        atEnd: undefined,
        net: undefined,
        publications: [],
        rollbacks: [],
        holds: [],
        runs: {
          outcomes: {
            published: 0,
            accepted: 0,
            unchanged: 0,
            refused: 0,
            held: 0,
            failed: 28,
            'would-publish': 0,
          },
          isWhole: false,
        },
      },
    ],
    lists: [
      {
        list: 'app-proxy-ip',
        cloud: 'Public',
        serialBefore: 21,
        serialAfter: 23,
        versions: 2,
        net: {
          coverage: { gained: { 4: 1_024n, 6: 0n }, lost: { 4: 0n, 6: 2n << 80n } },
          namesAdded: ['one.example', said],
          namesRemoved: [],
        },
      },
      {
        list: 'storage',
        cloud: 'Public',
        serialBefore: undefined,
        serialAfter: 1,
        versions: 1,
        net: undefined,
      },
    ],
    due: {
      leaving: [
        {
          list: 'app-proxy-ip',
          cloud: 'Public',
          lastDay: '2025-11-11',
          networks: 3,
          addresses: { 4: 768n, 6: 0n },
        },
      ],
      uses: [{ cloud: 'Public', day: '2025-11-04', tags: ['AzureCloud', said] }],
      rollbacks: [
        {
          cloud: 'Public',
          snapshot: after.id,
          until: new Date('2025-11-06T00:00:00Z'),
          by: said,
          reason: said,
        },
      ],
    },
    devices: [
      {
        allowlist: 'app-proxy-ip',
        device: said,
        checkedAt: new Date('2025-11-02T09:00:00Z'),
        inStep: false,
        missing: { ipv4: '1024', ipv6: '0', names: 0 },
        extra: none,
        stale: { ipv4: '0', ipv6: String(2n << 80n), names: 2 },
      },
      {
        allowlist: 'app-proxy',
        device: 'proxy-1',
        checkedAt: new Date('2025-11-02T09:00:00Z'),
        inStep: true,
        missing: none,
        extra: none,
        stale: none,
      },
    ],
  }
}
