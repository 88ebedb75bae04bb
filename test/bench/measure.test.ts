/** Medians and quartiles, and that tasks take turns. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, medianTimes, quartiles } from '../../bench/measure.ts'

describe('the median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected))

  it('needs a value', () => {
    expect(() => median([])).toThrow('a median needs a value')
  })
})

describe('quartiles', () => {
  it.each([
    [[7], [7, 7]],
    [
      [5, 1, 4, 2, 3],
      [2, 4],
    ],
    [
      [4, 1, 3, 2],
      [1.75, 3.25],
    ],
  ])('of %j are %j', (values, expected) => expect(quartiles(values)).toEqual(expected))

  it('hold the median between them, in any order of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 40 }), (values) => {
        const [lower, upper] = quartiles(values)
        expect(lower).toBeLessThanOrEqual(median(values))
        expect(upper).toBeGreaterThanOrEqual(median(values))
        const below = values.filter((value) => value < lower)
        expect(below.length).toBeLessThanOrEqual((values.length + 2) / 4)
        expect(quartiles(values.toReversed())).toEqual([lower, upper])
      }),
    )
  })
})

describe('tasks', () => {
  it('take turns, with the rounds before that only warm up', async () => {
    const order: string[] = []
    const times = await medianTimes(
      { ours: () => order.push('ours'), reference: () => Promise.resolve(order.push('reference')) },
      { rounds: 3, warmUp: 1 },
    )
    expect(order).toEqual(Array.from({ length: 4 }, () => ['ours', 'reference']).flat())
    const [lower, upper] = times.quartiles.ours
    expect(times.ours).toBeGreaterThanOrEqual(lower)
    expect(times.ours).toBeLessThanOrEqual(upper)
  })
})
