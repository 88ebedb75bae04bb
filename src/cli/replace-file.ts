/** A file replaced whole or not at all: readers see the old bytes or the new ones, never a part. */
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { invalidInput, type RangewardenError } from '../core/errors.ts'

/**
 * Writes beside the file, syncs and renames; the file's mode stays, a link's target is replaced.
 * False if it held these very bytes: then it is not touched, since devices reload by its time.
 * @throws RangewardenError `invalid-input` if it cannot be written; the old file is as it was
 */
export async function replaceFile(path: string, bytes: Buffer): Promise<boolean> {
  try {
    return await replace(path, bytes)
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

async function replace(path: string, bytes: Buffer): Promise<boolean> {
  const found = await findFile(path)
  if (found && !found.isFile) throw new Error('it is not a regular file')
  const target = found?.path ?? path
  if (found && bytes.equals(await readFile(target))) return false
  const folder = dirname(target)
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeSynced(temporary, bytes, found?.mode)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
  return true
}

interface FoundFile {
  readonly path: string
  readonly isFile: boolean
  readonly mode: number
}

async function findFile(path: string): Promise<FoundFile | undefined> {
  try {
    const target = await realpath(path)
    const about = await stat(target)
    return { path: target, isFile: about.isFile(), mode: about.mode & 0o7777 }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function writeSynced(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const file = await open(path, 'wx')
  try {
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The rename itself is lost in a power cut until the folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function cannotWrite(path: string, error: unknown): RangewardenError {
  const why = error instanceof Error ? error.message : String(error)
  return invalidInput(`${path} cannot be written: ${why}`, { path })
}
