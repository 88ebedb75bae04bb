/**
 * Processor time of other processes, from /proc (Linux): what a busy machine makes slower, it does
 * not make more.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds in a millisecond: /proc/PID/task/TID/schedstat begins with the former. */
const NS_PER_MS = 1_000_000

/** Of /proc/PID/stat: Linux counts in hundredths of a second on every architecture Node runs on. */
const MS_PER_TICK = 10

/** Milliseconds of a running process, all of its threads; 0 for one that has ended. */
export function processorMs(pid: number): number {
  return threadsOf(pid).reduce((sum, thread) => sum + threadMs(pid, thread), 0)
}

/** Of a PostgreSQL server by its first process: that one, its children, and those that have ended. */
export function serverProcessorMs(postmaster: number): number {
  const children = childrenOf(postmaster)
  const running = [postmaster, ...children].reduce((sum, pid) => sum + processorMs(pid), 0)
  const ended = statOf(postmaster)
  // utime and stime of children that were waited for.
  const [user = 0, system = 0] = ended.slice(13, 15).map(Number)
  return running + (user + system) * MS_PER_TICK
}

/** The most that was ever resident, in bytes. */
export function peakMemory(pid: number): number {
  return statusBytes(pid, 'VmHWM')
}

/** What is resident, in bytes. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS')
}

function statusBytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN)
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)[1]) === parent)
}

/** The fields after the name, which may hold spaces: state, parent, …; none of a process that has ended. */
function statOf(pid: number): string[] {
  const text = textOf(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return [] // it has ended
  }
}

function threadMs(pid: number, thread: string): number {
  const [ns = ''] = textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')
  return Number(ns) / NS_PER_MS
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
