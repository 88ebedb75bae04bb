import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeSize } from '../../src/core/change-size.ts'

const none = { 4: 0n, 6: 0n }
const counts = fc.record({ 4: fc.bigInt(0n, 2n ** 32n), 6: fc.bigInt(0n, 2n ** 128n) })

describe('the size of a change', () => {
  it('counts IPv4 addresses on both sides, and of IPv6 whole and begun /64s', () => {
    expect(changeSize({ gained: { 4: 256n, 6: 0n }, lost: { 4: 4n, 6: 0n } })).toBe(260n)
    expect(changeSize({ gained: { 4: 0n, 6: 2n ** 80n }, lost: none })).toBe(65_536n)
    expect(changeSize({ gained: { 4: 0n, 6: 1n }, lost: { 4: 0n, 6: 2n ** 64n + 1n } })).toBe(3n)
  })

  it('is nothing exactly where no address moved', () => {
    fc.assert(
      fc.property(counts, counts, (gained, lost) => {
        const moved = gained[4] + gained[6] + lost[4] + lost[6]
        expect(changeSize({ gained, lost }) === 0n).toBe(moved === 0n)
      }),
    )
  })
})
