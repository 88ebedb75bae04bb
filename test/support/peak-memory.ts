/** The program as a process whose resident memory is watched: what the kernel counts, not what it says. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Settings } from './command-line.ts'
import type { Requirement } from './requirements.ts'

export interface Measured {
  /** Undefined if a signal ended the process. */
  readonly code: number | undefined
  /** Both streams as they came. */
  readonly said: string
  /** The most that was resident at once, in bytes. */
  readonly peak: number
}

export const residentMemory: Requirement = existsSync('/proc/self/status')
  ? {}
  : { missing: '/proc with VmHWM (Linux)' }

/** The kernel's figure only grows, so that what is missed is what came in the last moment. */
const LOOK_MS = 5

const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

/** Runs a command to its end, with these settings and none of the machine's. */
export function runMeasured(args: readonly string[], settings: Settings): Promise<Measured> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, peak] = ['', 0]
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const timer = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), LOOK_MS)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(timer)
      resolve({ code: code ?? undefined, said, peak })
    })
  })
}

/** 0 for a process that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return 1_024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}
