/** Public files to measure with: the newest real ones where they are at hand, else generated ones of real size. */
import type { FileDate } from '../src/core/file-date.ts'
import { makeFeed, REAL_SIZE } from '../test/support/feed.ts'
import { realFiles } from '../test/support/real-files.ts'

export interface Week {
  readonly fileDate: FileDate
  readonly fileName: string
  readonly bytes: Buffer
}

const real = realFiles().filter(({ cloud }) => cloud === 'Public')

/** For the name of a row: what its figures are about. */
export const KIND_OF_FILE = real.length > 0 ? 'real' : 'generated'

/** The newest `count` weeks, oldest first. */
export function newestWeeks(count: number): Week[] {
  if (real.length >= count) {
    return real.slice(-count).map(({ fileDate, name, bytes }) => ({
      fileDate,
      fileName: name.replace(/\.gz$/, ''),
      bytes: bytes(),
    }))
  }
  return makeFeed({ ...REAL_SIZE, weeks: count }).map(({ fileDate, fileName, text }) => ({
    fileDate,
    fileName,
    bytes: Buffer.from(text),
  }))
}
