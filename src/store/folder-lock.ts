/**
 * One process per data folder. Two could open the embedded database without an error, and rows
 * would be lost. The lock is a local socket bound in the folder: it works across containers that
 * share the volume, and a killed process leaves nothing that still answers.
 */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RangewardenError } from '../core/errors.ts'

export interface FolderLock {
  /** Tells other processes where the service listens. */
  announce(url: string): void
  release(): void
}

/** sockaddr_un holds 108 bytes with the final NUL, less on some systems. */
const MAX_SOCKET_PATH = 100

/** Longer than anybody needs between finding a stale socket and replacing it. */
const SETTLE_MS = 100

/** Creates the folder if need be and locks it, or says which process has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw cannotStart(`the data folder ${folder} cannot be created`, cause)
  }
  const path = join(folder, 'lock.sock')
  const own = join(folder, `lock-${process.pid}.sock`)
  if (Buffer.byteLength(own) > MAX_SOCKET_PATH) {
    throw cannotStart(
      `the path of the data folder ${folder} is too long: a socket path holds ${MAX_SOCKET_PATH} bytes`,
    )
  }
  const server = await listenOn(own, folder)
  try {
    await claim(own, path, folder)
  } catch (error) {
    server.close()
    rmSync(own, { force: true })
    throw error
  }
  const info = join(folder, 'server.json')
  writeFileSync(info, JSON.stringify({ pid: process.pid }))
  return {
    announce: (url) => writeFileSync(info, JSON.stringify({ pid: process.pid, url })),
    release() {
      server.close()
      for (const file of [path, own, info]) rmSync(file, { force: true })
    },
  }
}

/** `link` fails if somebody is there; a socket that refuses is a dead one and is replaced. */
async function claim(own: string, path: string, folder: string): Promise<void> {
  try {
    linkSync(own, path)
    return
  } catch (error) {
    if (!hasCode(error, 'EEXIST'))
      throw cannotStart(`the data folder ${folder} cannot be locked`, error)
  }
  if (await answers(path)) throw inUse(folder)
  const { ino } = statSync(own)
  renameSync(own, path)
  await wait(SETTLE_MS) // another process may have found the same dead socket: the last one wins
  if (statSync(path).ino !== ino) throw inUse(folder)
}

function inUse(folder: string): RangewardenError {
  const { pid, url } = readInfo(join(folder, 'server.json'))
  const hint = url
    ? `use it with --url ${url}`
    : 'use the service that runs there with --url, or stop it first'
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new RangewardenError(
    'cannot-start',
    `the data folder ${folder} is in use by ${who}: ${hint}`,
    { folder, pid, url },
  )
}

function readInfo(file: string): { pid?: number; url?: string } {
  try {
    const { pid, url } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown; url?: unknown }
    return {
      ...(typeof pid === 'number' ? { pid } : {}),
      ...(typeof url === 'string' ? { url } : {}),
    }
  } catch {
    return {} // the holder writes it a moment after it takes the lock
  }
}

function listenOn(path: string, folder: string): Promise<Server> {
  rmSync(path, { force: true }) // left by a killed process that had our id
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end())
    server.unref()
    server.once('error', (error) => {
      reject(cannotStart(`the data folder ${folder} cannot be locked`, error))
    })
    server.listen(path, () => resolve(server))
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function cannotStart(message: string, cause?: unknown): RangewardenError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new RangewardenError('cannot-start', message + why, {}, { cause })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
