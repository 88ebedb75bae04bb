/** The covers of all real weekly files, against a second implementation and of every kind of input. */
import { expect, it } from 'vitest'
import { BITS } from '../../src/core/address.ts'
import { parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { coverByBigInt, type Block } from '../support/bigint-cover.ts'
import { bigintOf } from '../support/networks.ts'
import { realFiles } from '../support/real-files.ts'
import { prefixTexts } from '../support/real-prefixes.ts'
import { describeWith, realData } from '../support/requirements.ts'

describeWith([realData], 'a RangeSet of a real file', () => {
  it.each(realFiles().map((file) => [file.name, file] as const))(
    'has the cover that a second implementation finds, of %s',
    (_, file) => {
      const texts = prefixTexts(file)
      const parsed = RangeSet.parse(texts)
      if (!parsed.ok) throw new Error(parsed.reason)
      const set = parsed.value
      expect(set.prefixes().map(blockOf)).toEqual(coverByBigInt(texts))
      expect(set.prefixes().map(({ text }) => text)).toEqual(set.texts())
      expect(RangeSet.of(texts.map(prefixOf)).equals(set)).toBe(true)

      const azureCloud = RangeSet.of(prefixTexts(file, 'AzureCloud').map(prefixOf))
      const rest = azureCloud.complementWithin(set)
      expect(set.includes(azureCloud) && set.includes(rest)).toBe(true)
      expect(rest.union(azureCloud).equals(set)).toBe(true)
      expect(rest.intersect(azureCloud).isEmpty).toBe(true)
    },
  )
})

function blockOf({ family, first, length }: Prefix): Block {
  return { bits: BITS[family] === 32 ? 32 : 128, first: bigintOf(first), length }
}

function prefixOf(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}
