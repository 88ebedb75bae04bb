/**
 * The names of weekly files, as published: `ServiceTags_<Cloud>_YYYYMMDD.json`, and until 2020 the
 * retired XML, `PublicIPs_YYYYMMDD.xml`; ours also with `.gz`.
 */
import { CLOUDS, isCloud, type Cloud } from '../core/cloud.ts'
import { parseFileDate, type FileDate } from '../core/file-date.ts'
import { accept, refuse, type Result } from '../core/result.ts'

export interface WeeklyFileName {
  readonly cloud: Cloud
  readonly fileDate: FileDate
  /** `xml` is the retired format, which only a person brings in (docs/adr/0011). */
  readonly format: 'json' | 'xml'
  /** True for a name that ends in `.gz`. */
  readonly compressed: boolean
}

const JSON_NAME = /^ServiceTags_([A-Za-z]+)_(\d{8})\.json(\.gz)?$/

/** MC (Mooncake) is China, BF (Black Forest) Germany; AzureGovernment never had such files. */
const XML_NAME = /^PublicIPs_(?:(MC|BF)_)?(\d{8})\.xml(\.gz)?$/

const XML_CLOUDS: Readonly<Record<string, Cloud>> = {
  '': 'Public',
  MC: 'China',
  BF: 'AzureGermany',
}

/** What a weekly file can be called, for messages. */
export const WEEKLY_NAMES =
  'ServiceTags_<Cloud>_YYYYMMDD.json or .json.gz, or PublicIPs_YYYYMMDD.xml (MC_ or BF_ before the ' +
  'date for China or Germany) or .xml.gz'

/** Reads a file name without its folder; case counts, as the publisher's names have only one. */
export function parseWeeklyFileName(name: string): Result<WeeklyFileName> {
  const json = JSON_NAME.exec(name)
  const match = json ?? XML_NAME.exec(name)
  if (!match) return refuse(`a weekly file is named ${WEEKLY_NAMES}`)
  const [, about = '', digits = '', suffix] = match
  const cloud = json ? about : XML_CLOUDS[about]
  if (cloud === undefined || !isCloud(cloud)) {
    return refuse(`the cloud in the name is one of ${CLOUDS.join(', ')}`)
  }
  const fileDate = parseFileDate(digits)
  if (!fileDate.ok) return fileDate
  const format = json ? 'json' : 'xml'
  return accept({ cloud, fileDate: fileDate.value, format, compressed: suffix !== undefined })
}
