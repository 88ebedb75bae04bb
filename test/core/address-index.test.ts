/** The index against looking at every block of small spaces, where the address space carries and ends. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressIndex } from '../../src/core/address-index.ts'
import { createAddressSegments } from '../../src/core/address-segments.ts'
import { networkTableOf } from '../../src/core/network-table.ts'
import { addressOf, prefixesFrom } from '../support/networks.ts'
import { smallHistories, snapshotsOf, tagsHolding, weekPosition } from '../support/small-history.ts'
import { SIZE, SPACES } from '../support/small-space.ts'
import { timelineOf } from '../support/timelines.ts'

const BLOCKS = Array.from({ length: SIZE }, (_, block) => block)

describe.each(SPACES)('an address index of $name', (space) => {
  it('tells which tags hold an address, now and at every position', () => {
    fc.assert(
      fc.property(smallHistories, (weeks) => {
        const { segments, tagsAt } = createAddressIndex(timelineOf(snapshotsOf(space, weeks)))
        for (const [week, said] of weeks.entries()) {
          const expected = BLOCKS.map((block) => tagsHolding(said, block))
          for (const end of [space.first, space.last]) {
            const found = BLOCKS.map((block) => [
              ...tagsAt(segments.of(end(block)), weekPosition(week)),
            ])
            expect(found).toEqual(expected)
          }
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('address segments', () => {
  const segmentsOf = (texts: readonly string[]) =>
    createAddressSegments(networkTableOf(prefixesFrom(texts)))

  it('lie inside the innermost network, whose parents are the others around it', () => {
    const { of, innermost, parents, firsts, ends, count } = segmentsOf([
      '10.0.0.0/8',
      '10.1.0.0/16',
      '2603:1000::/40',
    ])
    const at = (text: string) => innermost[of(addressOf(text))]
    expect(['9.255.255.255', '10.0.0.0', '10.1.0.0', '10.1.255.255', '10.2.0.0'].map(at)).toEqual([
      -1, 0, 1, 1, 0,
    ])
    expect(['11.0.0.0', '::', '2603:1000:00ff:ffff::', '2603:1000:100::'].map(at)).toEqual([
      -1, -1, 2, -1,
    ])
    expect([...parents]).toEqual([-1, 0, -1])
    expect([...firsts]).toEqual([1, 2, 6])
    expect([...ends]).toEqual([4, 3, 7])
    expect(count).toBe(8)
  })

  it('reach from the first to the last address of each family', () => {
    const { of, innermost, firsts, ends, count } = segmentsOf([
      '0.0.0.0/0',
      '0.0.0.0/32',
      '255.255.255.255/32',
      '::/0',
      '::/128',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128',
    ])
    const at = (text: string) => innermost[of(addressOf(text))]
    expect(['0.0.0.0', '0.0.0.1', '255.255.255.254', '255.255.255.255'].map(at)).toEqual([
      1, 0, 0, 2,
    ])
    expect(['::', '::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'].map(at)).toEqual([4, 3, 5])
    expect([...firsts]).toEqual([0, 0, 2, 3, 3, 5])
    expect([...ends]).toEqual([3, 1, 3, 6, 4, 6])
    expect(count).toBe(6)
  })

  it('are one for each family where there is no network', () => {
    const { of, innermost, count } = segmentsOf([])
    expect([of(addressOf('20.0.0.1')), of(addressOf('2603::1')), count]).toEqual([0, 1, 2])
    expect([...innermost]).toEqual([-1, -1])
  })

  it('begin where a network of an odd length does', () => {
    const { of, innermost } = segmentsOf(['2603:1000:8000::/33', '2603:1000:8000::/97'])
    const at = (text: string) => innermost[of(addressOf(text))]
    expect(at('2603:1000:7fff:ffff:ffff:ffff:ffff:ffff')).toBe(-1)
    expect(at('2603:1000:8000::7fff:ffff')).toBe(1)
    expect(at('2603:1000:8000::8000:0')).toBe(0)
    expect(at('2603:1000:ffff:ffff:ffff:ffff:ffff:ffff')).toBe(0)
    expect(at('2603:1001::')).toBe(-1)
  })
})
