/** Networks of a table as prefixes: both ways to them, and that a copy is as good as the original. */
import { expect, it } from 'vitest'
import { networkTableOf } from '../../src/core/network-table.ts'
import { comparePrefixes } from '../../src/core/prefix.ts'
import { tablePrefix, tablePrefixes } from '../../src/core/table-prefix.ts'
import { SMALL_PREFIXES, SPACES } from '../support/small-space.ts'

const prefixes = SPACES.flatMap((space) => SMALL_PREFIXES.map((small) => space.prefix(small)))
  .sort(comparePrefixes)
  .filter((prefix, i, all) => prefix.text !== all[i - 1]?.text)

it('are what the table was made of, each a plain object with its text', () => {
  const table = networkTableOf(prefixes)
  const prefixAt = tablePrefixes(table)
  expect(prefixes.map((_, ordinal) => tablePrefix(table, ordinal))).toEqual(prefixes)
  expect(prefixes.map((_, ordinal) => ({ ...prefixAt(ordinal) }))).toEqual(prefixes)
  expect(JSON.stringify(prefixAt(0))).toBe(JSON.stringify(prefixes[0]))
})
