/** Host names on their way into another program's syntax, and names of things made of a list's name. */
import { ExportRefused } from '../contract.ts'

const HOST = /^(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/

/** What DNS has room for, also in what `*.x` stands for. */
const LONGEST = 253

/** `*.x` taken apart: `{ host: 'x', wild: true }`. */
export interface HostName {
  readonly host: string
  /** Every name below `host`, at any depth, and not `host` itself. */
  readonly wild: boolean
}

/** @throws ExportRefused for what is no host name: it would be syntax, or a second entry */
export function hostName(format: string, name: string): HostName {
  const wild = name.startsWith('*.')
  const host = wild ? name.slice(2) : name
  if (name.length <= LONGEST && HOST.test(host)) return { host, wild }
  throw new ExportRefused(`${format} cannot match ${JSON.stringify(name)}: not a host name`, {
    name,
  })
}

/**
 * The list's name where dots are not allowed. Injective: no list's name has a `_`, so two lists
 * never share what is named after them.
 */
export function withoutDots(list: string): string {
  return list.replaceAll('.', '_')
}
