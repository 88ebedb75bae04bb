import { beforeEach, describe, expect, it } from 'vitest'
import type { CloudOverview, CloudState } from '../../src/history/overview.ts'
import type { SourceStore } from '../../src/store/contract.ts'
import type { EventDraft } from '../../src/store/telling-contract.ts'
import { tellSources } from '../../src/webhooks/source-conditions.ts'

let told: EventDraft[]
let asked: string[]
let known: string

/** As the database answers: what is told is what differs from the last time. */
const sources: SourceStore = {
  tell(_, condition, event) {
    asked.push(condition)
    if (condition === known) return Promise.resolve(false)
    told.push(event(known as 'fine'))
    known = condition
    return Promise.resolve(true)
  },
}

beforeEach(() => {
  told = []
  asked = []
  known = 'fine'
})

function overview(state: CloudState, complete = true): CloudOverview {
  return {
    cloud: 'Public',
    state,
    published: undefined,
    rollback: undefined,
    waiting: [],
    discovery: undefined,
    refusedAt: undefined,
    lastSuccessAt: new Date('2026-11-01T00:00:00Z'),
    newestFileDate: undefined,
    ageInDays: 27,
    lastRuns: [],
    complete,
    fault: undefined,
  }
}

describe('what is told of a source', () => {
  it('is that it fails, goes quiet and has recovered, in the words of its state', async () => {
    const states = ['current', 'cannot-fetch', 'cannot-fetch', 'source-quiet', 'held'] as const
    for (const state of states) await tellSources(sources, [overview(state)])
    expect(told.map(({ type }) => type)).toEqual([
      'source.failing',
      'source.quiet',
      'source.recovered',
    ])
    expect(told[0]).toMatchObject({
      cloud: 'Public',
      facts: {
        state: 'cannot-fetch',
        newestFileDate: null,
        ageInDays: 27,
        lastSuccessAt: '2026-11-01T00:00:00.000Z',
      },
    })
  })

  it('is nothing of a cloud that never had a file, or is retired', async () => {
    await tellSources(sources, [overview('empty'), overview('retired')])
    expect(told).toEqual([])
  })

  it('waits while the database does not answer, since nothing is known then', async () => {
    await tellSources(sources, [overview('cannot-fetch', false)])
    expect(asked).toEqual([])
  })
})
