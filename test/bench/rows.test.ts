/** The list of rows, and which of them a command line asks for. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chooseRows } from '../../bench/choose.ts'
import type { ListedRow } from '../../bench/contract.ts'
import { findReferences } from '../../bench/references.ts'
import { rows } from '../../bench/rows/index.ts'

describe('the list', () => {
  it('names every row once, shortly', () => {
    const names = rows.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(24)
  })

  it('keeps the rows of a group together', () => {
    const groups = rows.map(({ group }) => group)
    const begun = groups.filter((group, i) => groups[i - 1] !== group)
    expect(begun).toEqual([...new Set(groups)])
  })

  it('has the rows of every file', () => {
    const folder = new URL('../../bench/rows/', import.meta.url)
    const index = readFileSync(new URL('index.ts', folder), 'utf8')
    const files = readdirSync(folder).filter((file) => file !== 'index.ts')
    expect(files.filter((file) => !index.includes(`'./${file}'`))).toEqual([])
  })

  it('compares with references that are known by name', () => {
    const known = findReferences().map(({ name }) => name)
    for (const { against } of rows) expect(known).toEqual(expect.arrayContaining([...against]))
  })

  it('sets each row a target', () => {
    for (const { name, row } of rows) {
      const { atMost, atLeast } = row.target
      expect([name, atMost ?? atLeast]).toEqual([name, expect.any(Number)])
    }
  })
})

describe('the command line', () => {
  const some = ['ranges collapse', 'ranges collapse-both', 'lookup lookup', 'diff diff-any'].map(
    (text): ListedRow => {
      const [group, name = ''] = text.split(' ')
      const row = {
        name,
        unit: 'ms',
        target: { of: 'ours' },
        measure: () => ({ ours: 1 }),
      } as const
      return { group: group as ListedRow['group'], name, against: [], row }
    },
  )

  it.each([
    [[], ['collapse', 'collapse-both', 'lookup', 'diff-any']],
    [['collapse'], ['collapse', 'collapse-both']],
    [['collapse-both'], ['collapse-both']],
    [['ranges'], ['collapse', 'collapse-both']],
    [
      ['diff', 'lookup'],
      ['lookup', 'diff-any'],
    ],
  ])('%j chooses %j', (wanted, names) => {
    expect(chooseRows(some, wanted).map(({ name }) => name)).toEqual(names)
  })

  it('refuses a word that finds nothing', () => {
    expect(() => chooseRows(some, ['collapse', 'colapse'])).toThrow('"colapse" is no row')
  })
})
