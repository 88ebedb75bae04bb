/**
 * One process per data folder. Two could open the embedded database without an error, and rows
 * would be lost. The lock is a local socket bound in the folder: it works across containers that
 * share the volume, and a killed process leaves nothing that still answers.
 */
import { randomBytes } from 'node:crypto'
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

/** How often a holder may let go just when we ask, before we believe that it is in use. */
const MAX_TRIES = 10

/** Creates the folder if need be and locks it, or says which process has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw cannotStart(`the data folder ${folder} cannot be created`, cause)
  }
  const path = join(folder, 'lock.sock')
  // Not our process id: in containers that share the volume it is often 1 for all of them.
  const own = join(folder, `lock-${randomBytes(6).toString('hex')}.sock`)
  if (Buffer.byteLength(own) > MAX_SOCKET_PATH) {
    throw cannotStart(
      `the path of the data folder ${folder} is too long: a socket path holds ${MAX_SOCKET_PATH} bytes`,
    )
  }
  const info = join(folder, 'server.json')
  const server = await listenOn(own, folder)
  const inode = inodeOf(own)
  try {
    await claim(own, path, folder)
    if (inodeOf(path) !== inode) throw inUse(folder)
    writeFileSync(info, JSON.stringify({ pid: process.pid }))
  } catch (error) {
    server.close()
    rmSync(own, { force: true })
    throw error
  }
  return {
    announce: (url) => writeFileSync(info, JSON.stringify({ pid: process.pid, url })),
    release() {
      if (inodeOf(path) === inode) for (const file of [info, path]) rmSync(file, { force: true })
      server.close() // last: a name that is there and refuses is a dead one's
    },
  }
}

/**
 * Gives our socket the name that counts, and no other, so that a kill leaves one file. `link` fails
 * if somebody is there; a socket that refuses is a dead one and is replaced.
 */
async function claim(own: string, path: string, folder: string): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (linked(own, path, folder)) return rmSync(own)
    const holder = await askHolder(path)
    if (holder === 'alive') throw inUse(folder)
    if (holder === 'dead') {
      renameSync(own, path)
      await wait(SETTLE_MS) // another process may have found the same dead socket: the last one wins
      return
    }
  }
  throw inUse(folder)
}

function linked(own: string, path: string, folder: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw cannotStart(`the data folder ${folder} cannot be locked`, error)
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}

function inUse(folder: string): RangewardenError {
  const { pid, url } = readInfo(join(folder, 'server.json'))
  const hint = url
    ? `use it with --url ${url}, or stop it first`
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
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end())
    server.unref()
    server.once('error', (error) => {
      reject(cannotStart(`the data folder ${folder} cannot be locked`, error))
    })
    server.listen(path, () => resolve(server))
  })
}

/** `gone` when it let go a moment ago; a socket that may not be asked counts as alive. */
function askHolder(path: string): Promise<'alive' | 'dead' | 'gone'> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED')) resolve('dead')
      else resolve(hasCode(error, 'ENOENT') ? 'gone' : 'alive')
    })
  })
}

function cannotStart(message: string, cause?: unknown): RangewardenError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new RangewardenError('cannot-start', message + why, {}, { cause })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
