/** From measurements to rows: ratios, targets, what is absent and what failed. */
import { describe, expect, it } from 'vitest'
import type { ListedRow, Measurement, Target } from '../../bench/contract.ts'
import { allHold, describeTarget, resultOf, type Outcome } from '../../bench/result.ts'

function listed(target: Target): ListedRow {
  const row = {
    name: 'Do this; reference: that',
    unit: 'ms',
    target,
    measure: (): Measurement => ({ ours: 0 }),
  } as const
  return { group: 'ranges', name: 'some-row', against: [], row }
}

function result(target: Target, outcome: Outcome) {
  return resultOf(listed(target), ['iprange 1.0.4'], outcome, 1.23456)
}

describe('a measured row', () => {
  it('has a ratio, four digits that count and what it was compared with', () => {
    expect(result({ of: 'ratio', atMost: 6 }, { ours: 10, reference: 3 })).toEqual({
      group: 'ranges',
      name: 'some-row',
      description: 'Do this; reference: that',
      against: ['iprange 1.0.4'],
      ours: 10,
      reference: 3,
      unit: 'ms',
      ratio: 3.333,
      target: 'ratio <= 6',
      holds: true,
      seconds: 1.235,
    })
  })

  it.each([
    [{ of: 'ratio', atMost: 0.2 }, { ours: 1, reference: 5 }, true],
    [{ of: 'ratio', atMost: 0.2 }, { ours: 1, reference: 4.99 }, false],
    [{ of: 'ratio', atLeast: 0.7 }, { ours: 7, reference: 10 }, true],
    [{ of: 'ratio', atLeast: 0.7 }, { ours: 6.99, reference: 10 }, false],
    [{ of: 'ratio', atLeast: 1, atMost: 2 }, { ours: 3, reference: 1 }, false],
    [{ of: 'ours', atLeast: 1_000_000 }, { ours: 999_999, reference: 1 }, false],
    [{ of: 'ours', atMost: 4.7 }, { ours: 4.7 }, true],
    [{ of: 'ours', atMost: 4.7 }, { ours: NaN }, false],
    [{ of: 'ratio', atMost: 10 }, { ours: 0, reference: 0 }, false],
  ] satisfies [Target, Measurement, boolean][])('%j with %j: %s', (target, measured, holds) => {
    expect(result(target, measured).holds).toBe(holds)
  })

  it('is judged before its figures are rounded', () => {
    const { ratio, holds } = result({ of: 'ratio', atMost: 1 }, { ours: 1.00001, reference: 1 })
    expect([ratio, holds]).toEqual([1, false])
  })

  it('claims nothing of a ratio without a reference', () => {
    const { ratio, holds } = result({ of: 'ratio', atMost: 1 }, { ours: 1 })
    expect([ratio, holds]).toEqual([null, null])
  })

  it('keeps its spread and what else it counted', () => {
    const { quartiles, details } = result(
      { of: 'ratio', atMost: 6 },
      {
        ours: 1,
        reference: 2,
        quartiles: { ours: [0.912345, 1.1] },
        details: { from: 2025072800, share: 1 / 3, engine: 'x' },
      },
    )
    expect(quartiles).toEqual({ ours: [0.9123, 1.1] })
    expect(details).toEqual({ from: 2025072800, share: 0.3333, engine: 'x' })
  })
})

describe('a row without figures', () => {
  it('says what is absent, or why it failed', () => {
    const target = { of: 'ratio', atMost: 6 } as const
    const nothing = { ours: null, reference: null, ratio: null, holds: null }
    const absent = result(target, { absent: 'the program iprange' })
    expect(absent).toMatchObject({ ...nothing, absent: 'the program iprange' })
    expect(result(target, { failed: 'wrong answer' })).toMatchObject({
      ...nothing,
      failed: 'wrong answer',
    })
  })
})

describe('a run', () => {
  const target = { of: 'ratio', atMost: 6 } as const
  const held = result(target, { ours: 1, reference: 1 })
  const missed = result(target, { ours: 7, reference: 1 })
  const absent = result(target, { absent: 'the program iprange' })
  const failed = result(target, { failed: 'wrong answer' })

  it('succeeds if nothing was missed and nothing failed; what is absent was not missed', () => {
    expect(allHold([held, absent])).toBe(true)
    expect(allHold([held, missed])).toBe(false)
    expect(allHold([held, failed])).toBe(false)
  })
})

describe('a target', () => {
  it.each([
    [{ of: 'ratio', atMost: 0.2 }, 'ratio <= 0.2'],
    [{ of: 'ratio', atMost: 1 / 3 }, 'ratio <= 0.3333'],
    [{ of: 'ours', atLeast: 1 }, 'ours >= 1'],
    [{ of: 'ratio', atLeast: 0.5, atMost: 2 }, 'ratio >= 0.5, ratio <= 2'],
  ] satisfies [Target, string][])('%j reads %s', (target, text) => {
    expect(describeTarget(target)).toBe(text)
  })
})
