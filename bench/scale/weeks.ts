/** Files to measure with: real ones a week apart where they are at hand, else generated ones. */
import type { Cloud } from '../../src/core/cloud.ts'
import { makeFeed, REAL_SIZE } from '../../test/support/feed.ts'
import { realFiles, type RealFile } from '../../test/support/real-files.ts'

export interface OfferedWeek {
  readonly cloud: Cloud
  readonly fileName: string
  readonly bytes: Buffer
}

const WEEK_MS = 7 * 86_400_000

const real = realFiles()

export const KIND_OF_FILE = real.length > 0 ? 'real' : 'generated'

/** At most so many, oldest first; fewer where the cloud has no so long row of weeks. */
export function weeksOf(cloud: Cloud, most: number): OfferedWeek[] {
  const row = longestRow(real.filter((file) => file.cloud === cloud))
  if (row.length > 0) {
    return row.slice(-most).map(({ name, bytes }) => ({
      cloud,
      fileName: name.replace(/\.gz$/, ''),
      bytes: bytes(),
    }))
  }
  const size = cloud === 'Public' ? REAL_SIZE : {}
  return makeFeed({ ...size, cloud, weeks: most + QUIET_WEEKS })
    .filter(({ isNews }) => isNews)
    .slice(0, most)
    .map(({ fileName, text }) => ({ cloud, fileName, bytes: Buffer.from(text) }))
}

/** Weeks of a generated feed that say nothing new. */
const QUIET_WEEKS = 3

/** The longest row of files that are a week apart: what changes in a week is to be measured. */
function longestRow(files: readonly RealFile[]): readonly RealFile[] {
  let [longest, row]: [RealFile[], RealFile[]] = [[], []]
  for (const file of files) {
    const before = row.at(-1)
    const isNext = before && Date.parse(file.fileDate) - Date.parse(before.fileDate) === WEEK_MS
    row = isNext ? [...row, file] : [file]
    if (row.length > longest.length) longest = row
  }
  return longest
}
