/** Refusals of lists that are too large say what would fit, and that fits. */
import { describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused, type Exporter, type ExportInput } from '../../exporters/contract.ts'
import { text } from '../../exporters/text.ts'
import { fit } from '../../src/core/fit.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { inShard } from '../../src/core/shards.ts'
import { exportInput, prefixes, rule } from '../support/export-input.ts'

/** Every other /24 of 20.0.0.0/12, and some IPv6: 2,051 networks. */
const MANY = exportInput({
  prefixes: prefixes(
    ...Array.from({ length: 2_048 }, (_, i) => `20.${i >> 7}.${2 * (i & 127)}.0/24`),
    '2603:1030::/48',
    '2603:1030:2::/48',
    '2603:1030:9::/48',
  ),
})

interface Fits {
  readonly entries: number | null
  readonly extraPercent: { readonly ipv4: number; readonly ipv6: number } | null
  readonly shards: number | null
}

function refusal(exporter: Exporter, input: ExportInput): { message: string; fits: Fits } {
  try {
    renderExport(exporter, input)
  } catch (error) {
    if (!(error instanceof ExportRefused)) throw error
    return { message: error.message, fits: error.facts['fits'] as Fits }
  }
  throw new Error('nothing was refused')
}

function widened(entries: number): ExportInput {
  const set = RangeSet.of(MANY.prefixes)
  const fitted = fit(set, { entries, mostExtraPercent: 100, never: RangeSet.empty })
  if (!fitted.ok) throw new Error(fitted.refusal.reason)
  return { ...MANY, prefixes: fitted.value.prefixes }
}

describe('a list with too many entries', () => {
  const limited: Exporter = { ...text, limits: { entries: 1_500 } }

  it('is told the budget and the shards that fit, with the figures', () => {
    const { message, fits } = refusal(limited, MANY)
    const { entries, extraPercent, shards } = fits
    expect(entries).toBe(1_500)
    expect(extraPercent?.ipv4).toBeGreaterThan(20)
    expect(message).toBe(
      'synthetic-list has 2051 entries, text holds 1500. What would fit: a budget of 1500 ' +
        `networks, which admits ${extraPercent?.ipv4} % more IPv4 and ${extraPercent?.ipv6} % more ` +
        `IPv6 addresses than are selected; ${shards} shards, which admit nothing more`,
    )
  })

  it('fits as it was told', () => {
    const { fits } = refusal(limited, MANY)
    expect(renderExport(limited, widened(fits.entries ?? 0))).toContain('20.0.0.0')
    const of = fits.shards ?? 0
    for (let index = 1; index <= of; index++) {
      const shard = { index, of }
      const part = inShard(MANY.prefixes, shard)
      expect(part.length).toBeLessThanOrEqual(1_500)
    }
    const fewer = Array.from({ length: of - 1 }, (_, i) => {
      return inShard(MANY.prefixes, { index: i + 1, of: of - 1 }).length
    })
    if (of > 2) expect(Math.max(...fewer)).toBeGreaterThan(1_500)
  })

  it('counts names with the networks', () => {
    const both: Exporter = { ...limited, carries: ['names', 'addresses'] }
    const { fits } = refusal(both, { ...MANY, rules: [rule('a.example', 443)] })
    expect(fits.entries).toBe(1_499)
  })

  it('is told nothing where nothing would fit', () => {
    const none: Exporter = { ...text, carries: ['names', 'addresses'], limits: { entries: 1 } }
    const rules = [rule('a.example', 443), rule('b.example', 443)]
    const { message, fits } = refusal(
      none,
      exportInput({ rules, prefixes: prefixes('20.0.0.0/24') }),
    )
    expect(message).toBe('synthetic-list has 3 entries, text holds 1')
    expect(fits).toBeUndefined()
  })

  it('is not told of shards where they do not add up', () => {
    const { message, fits } = refusal({ ...limited, addsUp: false }, MANY)
    expect(fits.shards).toBeNull()
    expect(message).not.toContain('shards')
  })

  it('is told of shards alone where widening would more than double it', () => {
    const far = exportInput({ prefixes: prefixes('20.0.0.0/32', '40.0.0.0/32', '60.0.0.0/32') })
    const { message, fits } = refusal({ ...text, limits: { entries: 2 } }, far)
    expect(fits).toMatchObject({ entries: null, extraPercent: null })
    expect(message).toMatch(/What would fit: \d+ shards, which admit nothing more$/)
  })
})

describe('a list of too many bytes', () => {
  it('is told a budget whose file fits', () => {
    const limited: Exporter = { ...text, limits: { bytes: 20_000 } }
    const { fits } = refusal(limited, MANY)
    expect(fits.entries).toBeGreaterThan(1_000)
    expect(String(renderExport(limited, widened(fits.entries ?? 0))).length).toBeLessThan(20_000)
  })
})
