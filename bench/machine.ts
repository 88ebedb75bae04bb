/** What the figures were measured on, in one line. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

/** Processors, memory, system and Node: `2 x AMD EPYC, 8 GiB, Debian GNU/Linux 12, Linux 6.1, Node 24.21.0`. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return [
    `${cpus().length} x ${model}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    ...distribution(),
    `${type()} ${release()}`,
    `Node ${process.versions.node}`,
  ].join(', ')
}

function distribution(): string[] {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return name === undefined ? [] : [name]
  } catch {
    return [] // not a Linux that says so
  }
}
