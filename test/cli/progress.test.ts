import { describe, expect, it } from 'vitest'
import { createIo } from '../../src/cli/io.ts'
import { createProgress } from '../../src/cli/progress.ts'

function written(stderr: { isTTY?: boolean; columns?: number }): string {
  let text = ''
  const stream = { ...stderr, write: (data: string) => void (text += data) }
  const progress = createProgress(createIo({ stdout: stream, stderr: stream }), 4)
  progress.show(1, 'ServiceTags_Public_20251028.json')
  progress.clear()
  return text
}

describe('the progress bar', () => {
  it('is redrawn in place on a terminal and taken away at the end', () => {
    const bar = '[######..................] 1/4 ServiceTags_Public_20251028.json'
    expect(written({ isTTY: true, columns: 80 })).toBe(`\r${bar}\u001b[K\r\u001b[K`)
  })

  it('never fills the last column, where a terminal would wrap it', () => {
    const [, line = ''] = written({ isTTY: true, columns: 40 })
      .replaceAll('\u001b', '\r')
      .split('\r')
    expect(line).toHaveLength(39)
  })

  it('writes nothing into a file or pipe', () => {
    expect(written({})).toBe('')
  })
})
