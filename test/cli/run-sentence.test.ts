import { describe, expect, it } from 'vitest'
import { describeRun, EXIT_OF_OUTCOME } from '../../src/cli/run-sentence.ts'
import type { RunView } from '../../src/views/run.ts'

function run(outcome: RunView['outcome'], detail: RunView['detail'] = null): RunView {
  return {
    id: 'e5f2',
    cloud: 'Public',
    trigger: 'cli',
    dryRun: false,
    state: outcome === null ? 'running' : 'finished',
    outcome,
    detail,
    requestedAt: '2025-10-28T12:00:00.000Z',
    startedAt: null,
    finishedAt: null,
  }
}

const counts = { tagsChanged: 32, prefixesAdded: 170, prefixesRemoved: 119 }

describe('a run in one sentence', () => {
  it.each([
    [
      run('published', { snapshot: 'public-20251028-3f9a2c1e', serial: 7, ...counts }),
      'Public: published public-20251028-3f9a2c1e as serial 7: 32 tags, +170 and -119 prefixes',
    ],
    [
      run('would-publish', { fileDate: '2025-10-28', ...counts }),
      'Public: would publish the file of 2025-10-28: 32 tags, +170 and -119 prefixes',
    ],
    [
      run('unchanged', { fileDate: '2025-10-28', reason: 'nothing new' }),
      'Public: unchanged: nothing new (2025-10-28)',
    ],
    [
      run('refused', {
        url: 'file:///x.json',
        refusals: [
          { path: 'values[3].name', value: 'a b', reason: 'no tag name' },
          { path: '', value: 'x', reason: 'y' },
        ],
      }),
      'Public: refused: values[3].name "a b": no tag name, and 1 more (file:///x.json)',
    ],
    [run('held', { reasons: ['older', 'smaller'] }), 'Public: held for a person: older; smaller'],
    [
      run('held', {
        hold: 3,
        additionsSerial: 8,
        reasons: [{ rule: 'cloud-loss', text: 'a third less', measured: 33 }, { text: 'too wide' }],
      }),
      'Public: held for a person: a third less; too wide; what it adds is published as serial 8 (hold 3)',
    ],
    [
      run('accepted', {
        snapshot: 'public-20251028-3f9a2c1e',
        fileDate: '2025-10-28',
        reason: 'the rollback to public-20251013-11111111 (serial 7) stands until it is released',
        ...counts,
      }),
      'Public: accepted public-20251028-3f9a2c1e, not published: the rollback to ' +
        'public-20251013-11111111 (serial 7) stands until it is released',
    ],
    [
      run('unchanged', {
        fileDate: '2025-10-28',
        reason: 'nothing new',
        strategy: 'latest-name',
        degraded: 'details-page: status 403',
      }),
      'Public: unchanged: nothing new (2025-10-28). Discovery is degraded: details-page: status 403',
    ],
    [run('failed', { reason: 'connection refused' }), 'Public: failed: connection refused'],
    [run(null), 'Public: the run has not ended yet'],
  ])('%#: says what came of it', (view, sentence) => {
    expect(describeRun(view)).toBe(sentence)
  })

  it('has an exit code for every outcome, the good ones 0', () => {
    expect(EXIT_OF_OUTCOME).toEqual({
      published: 0,
      accepted: 0,
      unchanged: 0,
      'would-publish': 0,
      failed: 3,
      refused: 4,
      held: 5,
    })
  })
})
