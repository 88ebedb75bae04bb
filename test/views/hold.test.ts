/** Holds, publications and reasons as they are shown: each view fits its shape, with nothing left over. */
import { describe, expect, it } from 'vitest'
import { parseFileDate } from '../../src/core/file-date.ts'
import type { Hold, Publication } from '../../src/store/contract.ts'
import { guardReasonShape, guardReasonView } from '../../src/views/guard-reason.ts'
import { holdShape, holdView } from '../../src/views/hold.ts'
import { publicationShape, publicationView } from '../../src/views/publication.ts'
import { describeRefusals } from '../../src/views/refusal.ts'

const fileDate = parseFileDate('2021-06-28')
if (!fileDate.ok) throw new Error(fileDate.reason)

const nothing = { ipv4: '0', ipv6: '0' }
const moved = { prefixesAdded: 2, prefixesRemoved: 0, lost: nothing }
const gained = { ipv4: '86168', ipv6: (2n ** 90n).toString() }

const hold: Hold = {
  id: 3,
  cloud: 'China',
  fileDate: fileDate.value,
  contentHash: 'ab',
  documentSha256: 'cd',
  strategy: 'details-page',
  url: 'https://download.example/x.json',
  reasons: [{ rule: 'withdrawal', text: 'an older file' }],
  diff: {
    tagsChanged: 1,
    ...moved,
    gained,
    tags: [{ name: 'AzureCloud', kind: 'changed', ...moved, gained }],
  },
  state: 'waiting',
  createdAt: new Date('2021-07-01T10:11:12.345Z'),
  decision: undefined,
}

const publication: Publication = {
  cloud: 'China',
  serial: 7,
  snapshotId: 'china-20210621-3f9a2c1e',
  kind: 'sync',
  publishedBy: 'schedule',
  reason: 'a test',
  publishedAt: new Date('2021-07-01T10:11:12.345Z'),
  until: undefined,
  additionsOf: undefined,
}

describe('a hold', () => {
  it('shows IPv4 as numbers and IPv6 as text, in its diff as everywhere', () => {
    const view = holdView(hold)
    expect(holdShape.parse(view)).toEqual(view)
    expect(view.diff).toMatchObject({
      gained: { ipv4: 86_168, ipv6: gained.ipv6 },
      tags: [{ name: 'AzureCloud', gained: { ipv4: 86_168 }, lost: { ipv4: 0, ipv6: '0' } }],
    })
  })

  it('shows null for a diff that was not kept, and who decided', () => {
    const decision = { by: 'B', reason: 'no', at: new Date('2021-07-02') }
    const view = holdView({ ...hold, diff: undefined, state: 'rejected', decision })
    expect(holdShape.parse(view)).toMatchObject({
      diff: null,
      decision: { by: 'B', reason: 'no', at: '2021-07-02T00:00:00.000Z' },
    })
  })
})

describe('a reason of the guard', () => {
  it('shows the family by name and its numbers, or null', () => {
    const tags = [{ name: 'AzureCloud', addresses: '95088' }]
    const reason = { rule: 'cloud-gain', text: 'x', family: 4, measured: 20.2, limit: 15 } as const
    const view = guardReasonView({ ...reason, tags })
    expect(guardReasonShape.parse(view)).toEqual({ ...reason, family: 'ipv4', tags })
    expect(guardReasonView({ rule: 'size', text: 'few' })).toEqual({
      rule: 'size',
      text: 'few',
      family: null,
      measured: null,
      limit: null,
      tags: [],
    })
  })
})

describe('a publication', () => {
  it('shows when it ends and what is handed out beside it', () => {
    expect(publicationShape.parse(publicationView(publication))).toMatchObject({
      until: null,
      additionsOf: null,
    })
    const until = new Date('2021-08-01')
    const rollback = publicationView({ ...publication, kind: 'rollback', until })
    expect(publicationShape.parse(rollback).until).toBe('2021-08-01T00:00:00.000Z')
    const additions = publicationView({ ...publication, kind: 'additions', additionsOf: 3 })
    expect(publicationShape.parse(additions).additionsOf).toBe(3)
  })
})

describe('refusals in a sentence', () => {
  const refusal = { path: 'values[3].name', value: 'a b', reason: 'no tag name' }

  it.each([
    [[], 'no reason given'],
    [[refusal], 'values[3].name "a b": no tag name'],
    [[{ ...refusal, path: '' }, refusal, refusal], '"a b": no tag name, and 2 more'],
  ])('%j', (refusals, sentence) => {
    expect(describeRefusals(refusals)).toBe(sentence)
  })
})
