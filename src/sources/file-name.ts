/** The names of weekly files, as published: `ServiceTags_<Cloud>_YYYYMMDD.json`, ours also `.gz`. */
import { CLOUDS, isCloud, type Cloud } from '../core/cloud.ts'
import { parseFileDate, type FileDate } from '../core/file-date.ts'
import { accept, refuse, type Result } from '../core/result.ts'

export interface WeeklyFileName {
  readonly cloud: Cloud
  readonly fileDate: FileDate
  /** True for `.json.gz`. */
  readonly compressed: boolean
}

const NAME = /^ServiceTags_([A-Za-z]+)_(\d{8})\.json(\.gz)?$/

/** Reads a file name without its folder; case counts, as the publisher's names have only one. */
export function parseWeeklyFileName(name: string): Result<WeeklyFileName> {
  const match = NAME.exec(name)
  if (!match) return refuse('a weekly file is named ServiceTags_<Cloud>_YYYYMMDD.json or .json.gz')
  const [, cloud = '', digits = '', suffix] = match
  if (!isCloud(cloud)) return refuse(`the cloud in the name is one of ${CLOUDS.join(', ')}`)
  const fileDate = parseFileDate(digits)
  if (!fileDate.ok) return fileDate
  return accept({ cloud, fileDate: fileDate.value, compressed: suffix !== undefined })
}
