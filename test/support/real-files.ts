/** The real weekly files of the folder that RANGEWARDEN_REAL_DATA names, read when asked for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { isCloud, type Cloud } from '../../src/core/cloud.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { REAL_DATA } from './requirements.ts'

export interface RealFile {
  readonly name: string
  readonly cloud: Cloud
  readonly fileDate: FileDate
  readonly bytes: () => Buffer
  readonly text: () => string
}

/** By cloud, then by date; none where there is no such folder. */
export function realFiles(folder = REAL_DATA): RealFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [, cloud = '', digits = ''] = /^ServiceTags_(\w+)_(\d{8})\.json\.gz$/.exec(name) ?? []
      const fileDate = parseFileDate(digits)
      if (!isCloud(cloud) || !fileDate.ok) return []
      const bytes = (): Buffer => gunzipSync(readFileSync(join(folder, name)))
      return [
        { name, cloud, fileDate: fileDate.value, bytes, text: () => bytes().toString('utf8') },
      ]
    })
}
