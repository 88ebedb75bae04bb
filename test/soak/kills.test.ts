/** The short form of `npm run soak -- --only kills`: a few kills on each engine, inspected as there. */
import { describe, expect, it } from 'vitest'
import { killEmbedded } from '../../soak/kills/embedded.ts'
import { killPostgres } from '../../soak/kills/postgresql.ts'
import { createWeeks, digestsOf } from '../../soak/kills/weeks.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

const PATIENCE_MS = 300_000

const say = (): void => undefined

describe('the service on its embedded database', () => {
  it(
    'completes what a kill interrupted, and holds whole snapshots only',
    { timeout: PATIENCE_MS },
    async () => {
      const { kills, broken } = await killEmbedded({ seed: 3, kills: 4, say })
      expect({ kills, broken }).toEqual({ kills: 4, broken: [] })
    },
  )
})

describeWith([postgres], 'the service on PostgreSQL', () => {
  it('does so when the server is killed under it', { timeout: PATIENCE_MS }, async () => {
    const { kills, broken } = await killPostgres({ seed: 3, kills: 4, say })
    expect({ kills, broken }).toEqual({ kills: 4, broken: [] })
  })
})

describe('the weeks that are offered', () => {
  it('change nearly every prefix and one address', () => {
    const { week } = createWeeks(5)
    const sets = [week(2), week(3)].map(({ tags }) => {
      const texts = tags.get('AzureCloud')?.properties.addressPrefixes ?? []
      const prefixes = texts.map((text) => parsePrefix(text))
      expect(prefixes.every((prefix) => prefix.ok)).toBe(true)
      return { texts, set: RangeSet.of(prefixes.flatMap((p) => (p.ok ? [p.value] : []))) }
    })
    const [even, odd] = sets
    if (!even || !odd) throw new Error('two weeks are compared')
    expect(odd.texts.filter((text) => even.texts.includes(text)).length).toBeLessThan(
      odd.texts.length / 2,
    )
    expect(odd.set.subtract(even.set).count(4)).toBe(1n)
    expect(odd.set.subtract(even.set).count(6)).toBe(0n)
    expect(even.set.subtract(odd.set).count(4)).toBe(1n)
  })

  it('are told apart by their digests', () => {
    const { week } = createWeeks(5)
    expect(digestsOf(week(0))).toEqual(digestsOf(createWeeks(5).week(0)))
    expect(digestsOf(week(0)).memberships).not.toBe(digestsOf(week(1)).memberships)
    expect(digestsOf(week(0)).tags).toBe(digestsOf(week(1)).tags)
  })
})
