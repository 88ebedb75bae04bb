import { describe, expect, it } from 'vitest'
import type { WebhookFilters } from '../../src/store/telling-contract.ts'
import { wants, type Concern } from '../../src/webhooks/match.ts'

const all: WebhookFilters = { events: [], clouds: [], allowlists: [], tags: [], minAddresses: 0n }

const ranges: Concern = {
  type: 'ranges.changed',
  cloud: 'Public',
  allowlist: undefined,
  tags: ['Sql', 'Storage'],
  size: 256n,
}

const list: Concern = {
  ...ranges,
  type: 'allowlist.changed',
  allowlist: 'app-proxy-ip',
  tags: ['AzureCloud'],
}

const report: Concern = {
  type: 'report.weekly',
  cloud: undefined,
  allowlist: undefined,
  tags: undefined,
  size: undefined,
}

describe('a webhook', () => {
  it('without filters wants everything', () => {
    for (const concern of [ranges, list, report]) expect(wants(all, concern)).toBe(true)
  })

  const cases: [string, Partial<WebhookFilters>, Concern, boolean][] = [
    ['of one type takes that', { events: ['ranges.changed'] }, ranges, true],
    ['of one type takes no other', { events: ['ranges.changed'] }, list, false],
    ['of a cloud takes its events', { clouds: ['China', 'Public'] }, ranges, true],
    ["of a cloud takes no other cloud's", { clouds: ['China'] }, ranges, false],
    ['of a cloud takes what is of no cloud', { clouds: ['China'] }, report, true],
    ['of a list takes its events', { allowlists: ['app-proxy-ip'] }, list, true],
    ["of a list takes no other list's", { allowlists: ['mine'] }, list, false],
    ['of a list takes what is of no list', { allowlists: ['mine'] }, ranges, true],
    ['of tags takes what has one of them', { tags: ['Storage', 'Dns'] }, ranges, true],
    ['of tags takes nothing without them', { tags: ['Dns'] }, ranges, false],
    ['of tags takes a change of no tag', { tags: ['Dns'] }, { ...ranges, tags: [] }, false],
    ['of tags takes what is not about tags', { tags: ['Dns'] }, report, true],
    ['of a size takes what is as large', { minAddresses: 256n }, ranges, true],
    ['of a size takes nothing smaller', { minAddresses: 257n }, ranges, false],
    ['of a size takes what has none', { minAddresses: 257n }, report, true],
    [
      'of several filters takes what passes all',
      { clouds: ['Public'], tags: ['Sql'] },
      ranges,
      true,
    ],
    ['of several filters asks every one', { clouds: ['Public'], tags: ['Dns'] }, ranges, false],
  ]
  it.each(cases)('%s', (_, filters, concern, wanted) => {
    expect(wants({ ...all, ...filters }, concern)).toBe(wanted)
  })
})
