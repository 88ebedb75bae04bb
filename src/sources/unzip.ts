/** A gzipped file in memory, unzipped within a limit. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf } from '../core/errors.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import { sample } from './sample.ts'

const gunzipAsync = promisify(gunzip)

/** No more than `maxBytes` are ever unzipped, whatever the file claims. */
export async function unzip(stored: Uint8Array, maxBytes: number): Promise<Result<Buffer>> {
  try {
    const bytes = await gunzipAsync(stored, { maxOutputLength: maxBytes })
    return bytes.length === 0 ? refuse('the unzipped file is empty') : accept(bytes)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      return refuse(`unzips to more than ${maxBytes} bytes, the most that is read`)
    }
    return refuse(`truncated or damaged gzip: ${sample(messageOf(error), 300)}`)
  }
}
