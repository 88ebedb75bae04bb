/** Numbers in the guard's sentences. */
import { describe, expect, it } from 'vitest'
import {
  amount,
  counted,
  grouped,
  listed,
  percentLimit,
  percentOver,
} from '../../src/core/guard-reasons.ts'

describe('numbers in reasons', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [47_682_875, '47,682,875'],
    [2n ** 80n, '1,208,925,819,614,629,174,706,176'],
  ])('groups the digits of %s', (count, text) => expect(grouped(count)).toBe(text))

  it('counts in words', () => {
    expect([counted(1, 'tag'), counted(0, 'tag'), counted(2_000n, 'tag')]).toEqual([
      '1 tag',
      '0 tags',
      '2,000 tags',
    ])
  })

  it('lists five and counts the rest', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    expect([listed(names.slice(0, 1)), listed(names.slice(0, 5)), listed(names)]).toEqual([
      'a',
      'a, b, c, d, e',
      'a, b, c, d, e and 2 more',
    ])
  })

  it.each([
    [4, 2n ** 32n, '4,294,967,296'],
    [6, 1_234n, '1,234'],
    [6, 2n ** 64n - 1n, '18,446,744,073,709,551,615'],
    [6, 2n ** 64n, '1 /64'],
    [6, 5n << 63n, '2.5 /64s'],
    [6, 2n ** 80n, '1 /48'],
    [6, (2n ** 80n * 625n) / 10n, '62.5 /48s'],
    [6, (2n ** 80n * 10_005n) / 10n, '1,000 /48s'],
    [6, 2n ** 128n, '281,474,976,710,656 /48s'],
  ] as const)('writes IPv%s %s as %s', (family, count, text) => {
    expect(amount(family, count)).toBe(text)
  })

  it.each([
    [20.152, 15, '20.2'],
    [100, 30, '100'],
    [15.04, 15, '15.04'],
    [15.0000001, 15, '15.0000001'],
    [6_400, 6_325, '6,400'],
    [1e32, 200, '100,000,000,000,000,005,366,162,204,393,472'],
  ])('writes %s over %s so that it is seen to be more', (measured, limit, text) => {
    expect(percentOver(measured, limit)).toBe(text)
  })

  it('writes a stretched limit with one digit', () => {
    expect([percentLimit(15), percentLimit(35.357), percentLimit(6_325)]).toEqual([
      '15',
      '35.4',
      '6,325',
    ])
  })
})
