/** Weekly files on disk, plain or gzipped: which there are, in order, and their bytes, bounded. */
import { constants } from 'node:fs'
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { CLOUDS } from '../core/cloud.ts'
import { invalidInput, messageOf } from '../core/errors.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import { compareText } from '../core/snapshot.ts'
import { parseWeeklyFileName, WEEKLY_NAMES, type WeeklyFileName } from './file-name.ts'
import { sample } from './sample.ts'
import { unzip } from './unzip.ts'

export interface WeeklyFile extends WeeklyFileName {
  /** Absolute. */
  readonly path: string
  readonly fileName: string
}

/** Of a weekly file, as it is read and unzipped. The largest real one has 4.5 MB (Public, 2026-06). */
export const MAX_FILE_BYTES = 16 * 1024 * 1024

/**
 * The weekly files among these files and in these folders and those below, by date, then cloud, each once;
 * of one date and cloud the retired XML comes first.
 * Other files of a folder are passed over; a path that does not exist, a file named on its own
 * whose name has no cloud and date, and a folder without any weekly file are `invalid-input`.
 */
export async function listWeeklyFiles(paths: readonly string[]): Promise<WeeklyFile[]> {
  const files = new Map<string, WeeklyFile>()
  for (const path of paths) {
    for (const file of await filesAt(path)) files.set(file.path, file)
  }
  return [...files.values()].sort(inDateOrder)
}

/**
 * The weekly files in a folder, by date; with `recursive` also in the folders below, as archives
 * are laid out by cloud or year. Rejects as `readdir` does.
 */
export async function weeklyFilesIn(folder: string, recursive = false): Promise<WeeklyFile[]> {
  const names = await readdir(folder, { recursive })
  return names.flatMap((name) => weeklyFile(join(folder, name)) ?? []).sort(inDateOrder)
}

/** Rejects when the file cannot be read; content that breaks a rule is a refusal. */
export async function readBounded(
  path: string,
  maxBytes = MAX_FILE_BYTES,
): Promise<Result<Buffer>> {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stored = await readFileHandle(file, maxBytes)
    if (!stored.ok || !path.endsWith('.gz')) return stored
    return await unzip(stored.value, maxBytes)
  } finally {
    await file.close()
  }
}

/** Bounded: it ends up in a run record. */
export function boundedMessageOf(error: unknown): string {
  return sample(messageOf(error), 300)
}

function inDateOrder(a: WeeklyFile, b: WeeklyFile): number {
  return (
    compareText(a.fileDate, b.fileDate) ||
    CLOUDS.indexOf(a.cloud) - CLOUDS.indexOf(b.cloud) ||
    // The retired format says less: of one day, the later revision is the better file.
    compareText(b.format, a.format) ||
    compareText(a.path, b.path)
  )
}

async function filesAt(path: string): Promise<WeeklyFile[]> {
  let inFolder: WeeklyFile[] | undefined
  try {
    inFolder = (await stat(path)).isDirectory() ? await weeklyFilesIn(path, true) : undefined
  } catch (error) {
    throw invalidInput(`${path} cannot be read: ${boundedMessageOf(error)}`, { path })
  }
  if (inFolder?.length === 0) {
    throw invalidInput(`${path} has no weekly file: none is named ${WEEKLY_NAMES}`, { path })
  }
  if (inFolder) return inFolder
  const name = parseWeeklyFileName(basename(path))
  if (!name.ok) throw invalidInput(`${path}: ${name.reason}`, { path })
  return [{ ...name.value, path: resolve(path), fileName: basename(path) }]
}

function weeklyFile(path: string): WeeklyFile | undefined {
  const fileName = basename(path)
  const name = parseWeeklyFileName(fileName)
  return name.ok ? { ...name.value, path: resolve(path), fileName } : undefined
}

async function readFileHandle(file: FileHandle, maxBytes: number): Promise<Result<Buffer>> {
  const found = await file.stat()
  if (!found.isFile()) return refuse('it is not a regular file')
  const { size } = found
  if (size > maxBytes) return refuse(`${size} bytes; at most ${maxBytes} are read`)
  // One byte more than was there shows a file that grows while it is read.
  const buffer = Buffer.alloc(size + 1)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  if (filled !== size) return refuse(`it was being written: ${size} bytes became ${filled} or more`)
  return size === 0 ? refuse('the file is empty') : accept(buffer.subarray(0, size))
}
