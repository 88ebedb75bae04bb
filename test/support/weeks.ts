/**
 * Hand-made weeks whose gains and losses are round numbers: `blocks` is the number of /24s of
 * AzureCloud, which is the whole cloud, in 100ths of the first week of 100.
 */
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { tagValue, type WeeklyDocument } from './feed.ts'

export interface RoundWeek extends WeeklyDocument {
  readonly blocks: readonly number[]
}

/** 20.0.0.0/24 is block 0, 20.0.1.0/24 would touch it and be merged: every second one is used. */
export function blockText(block: number): string {
  return `20.${Math.floor(block / 100)}.${(block % 100) * 2}.0/24`
}

/** Numbers from `first` up to and without `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i)
}

/** In every week: the other tags' only block, so that they add nothing and lose nothing. */
const SHARED = 60

export function roundWeek(date: string, blocks: readonly number[]): RoundWeek {
  const parsed = parseFileDate(date)
  if (!parsed.ok) throw new Error(parsed.reason)
  const cloud = 'Public'
  const changeNumber = 1
  const values = [
    tagValue('AzureCloud', blocks.map(blockText)),
    ...range(0, 60).map((i) => tagValue(`Service${i}`, [blockText(SHARED)])),
  ]
  return {
    cloud,
    fileDate: parsed.value satisfies FileDate,
    fileName: `ServiceTags_Public_${date.replaceAll('-', '')}.json`,
    changeNumber,
    text: JSON.stringify({ changeNumber, cloud, values }),
    isNews: true,
    blocks,
  }
}
