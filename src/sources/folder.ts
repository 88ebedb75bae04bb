/**
 * A folder as publisher: the newest file of the cloud in it. For closed networks, demonstrations
 * and tests; everything after the fetch is the same code.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Cloud } from '../core/cloud.ts'
import { factsOf, saidBy } from './ask.ts'
import type { Fetched, FetchAttempt, Source } from './contract.ts'
import { boundedMessageOf, readBounded, weeklyFilesIn, type WeeklyFile } from './weekly-files.ts'

/** `path` is taken from the working directory, as the shell would. */
export function createFolderSource(path: string): Source {
  const folder = resolve(path)
  const url = pathToFileURL(folder).href

  return {
    name: 'folder',
    description: `newest weekly file of ${folder}`,
    async fetch({ cloud, signal, record }) {
      if (signal.aborted) return { kind: 'unavailable', reason: `${folder}: stopped`, url }
      const fetched = await newestOf(folder, cloud)
      record(attempt(url, fetched))
      return fetched
    },
  }
}

async function newestOf(folder: string, cloud: Cloud): Promise<Fetched> {
  const url = pathToFileURL(folder).href
  let files: WeeklyFile[]
  try {
    files = await weeklyFilesIn(folder)
  } catch (error) {
    const reason = `${folder} cannot be read: ${boundedMessageOf(error)}`
    return { kind: 'unavailable', reason, url }
  }
  // The retired XML is history: a person imports it.
  const ours = files.filter((file) => file.cloud === cloud && file.format === 'json')
  const last = ours.at(-1)
  // Of one week in both forms the plain file is taken: `.json` sorts before `.json.gz`.
  const newest = ours.find(({ fileDate }) => fileDate === last?.fileDate)
  if (newest) return read(newest)
  const reason = `no file ServiceTags_${cloud}_YYYYMMDD.json or .json.gz in the folder`
  const value = `${files.length} other weekly files`
  return { kind: 'refused', refusals: [{ path: folder, value, reason }], url }
}

async function read({ path, fileName, fileDate }: WeeklyFile): Promise<Fetched> {
  const url = pathToFileURL(path).href
  try {
    const bytes = await readBounded(path)
    if (!bytes.ok) {
      const refusal = { path, value: fileName, reason: bytes.reason }
      return { kind: 'refused', refusals: [refusal], url }
    }
    const origin = { strategy: 'folder', url, fileName, fileDate, validators: {} }
    return { kind: 'document', bytes: bytes.value, origin }
  } catch (error) {
    return {
      kind: 'unavailable',
      reason: `${path} cannot be read: ${boundedMessageOf(error)}`,
      url,
    }
  }
}

function attempt(folderUrl: string, fetched: Fetched): FetchAttempt {
  const found = fetched.kind === 'document' || fetched.kind === 'not-modified'
  return {
    strategy: 'folder',
    url: (found ? fetched.origin.url : fetched.url) ?? folderUrl,
    result: fetched.kind,
    ...(found ? {} : { reason: saidBy(fetched) }),
    ...(fetched.kind === 'document' ? factsOf(fetched.bytes) : {}),
    at: new Date().toISOString(),
  }
}
