import { describe, expect, it } from 'vitest'
import { counted, grouped, table } from '../../src/cli/table.ts'

describe('a table', () => {
  it('makes columns as wide as their widest cell, numbers to the right, no space at the end', () => {
    const columns = [
      { title: 'TAG' },
      { title: 'PREFIXES', align: 'right' as const },
      { title: '' },
    ]
    const rows = [
      ['AzureCloud', '9,585', ''],
      ['Sql', '7', 'x'],
    ]
    expect(table(columns, rows)).toBe(
      'TAG         PREFIXES\nAzureCloud     9,585\nSql                7  x\n',
    )
  })

  it('is nothing at all without rows', () => {
    expect(table([{ title: 'TAG' }], [])).toBe('')
  })
})

describe('numbers', () => {
  it('are grouped exactly, also when they are too large for a number', () => {
    expect(grouped(47_800_000)).toBe('47,800,000')
    expect(grouped('3265073701046590636032')).toBe('3,265,073,701,046,590,636,032')
  })

  it('go with the singular or the plural', () => {
    expect(counted(1, 'file')).toBe('1 file')
    expect(counted(0, 'file')).toBe('0 files')
    expect(counted(2000, 'entry', 'entries')).toBe('2,000 entries')
  })
})
