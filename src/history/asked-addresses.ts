/** What people type to ask about addresses -> the first and the last of them. */
import IPCIDR from 'ip-cidr'
import { Netmask } from 'netmask'
import { compareWords, formatAddress, parseAddress, type Address } from '../core/address.ts'
import { invalidInput, type RangewardenError } from '../core/errors.ts'
import { parsePrefix } from '../core/prefix.ts'

/** Both of one family, in order, both asked about. */
export interface AskedAddresses {
  /** As typed. */
  readonly query: string
  readonly first: Address
  readonly last: Address
}

/**
 * Reads a host, a network (host bits are ignored, as people type them) or `first-last`.
 * @throws RangewardenError `invalid-input` for other text, with the rule it breaks
 */
export function readAddresses(typed: string): AskedAddresses {
  const text = typed.trim()
  const dash = text.split('-')
  const [from, to] = dash.length === 2 ? dash : cidrBounds(text)
  const first = parseAddress((from ?? '').trim())
  const last = parseAddress((to ?? '').trim())
  if (!first.ok) throw unreadable(text, first.reason)
  if (!last.ok) throw unreadable(text, last.reason)
  if (first.value.family !== last.value.family) throw unreadable(text, 'two address families')
  if (compareWords(first.value.words, last.value.words) > 0) {
    throw unreadable(text, 'the range ends before it begins')
  }
  return { query: typed, first: first.value, last: last.value }
}

/** `ip-cidr` masks what people type; our own grammar reads each part of it, before and after. */
function cidrBounds(text: string): [string, string] {
  const [typed = '', suffix, ...more] = text.split('/')
  if (suffix === undefined) return [text, text]
  const address = parseAddress(typed)
  if (!address.ok) throw unreadable(text, address.reason)
  if (more.length > 0) throw unreadable(text, 'a length or a mask ends it')
  const { family } = address.value
  const length = family === 4 && suffix.includes('.') ? maskLength(text, suffix) : suffix
  // The address has host bits, as people type them, so it is the length that is checked here.
  const network = parsePrefix(`${family === 4 ? '0.0.0.0' : '::'}/${length}`)
  if (!network.ok) throw unreadable(text, network.reason)
  return new IPCIDR(`${formatAddress(address.value)}/${length}`).toRange<string>()
}

/** `20.0.0.0/255.255.0.0`, as routers print it, is `20.0.0.0/16`. */
function maskLength(text: string, mask: string): number {
  // Netmask also takes octal, hexadecimal and short masks: two readings of one text.
  if (!parseAddress(mask).ok) throw unreadable(text, `${mask} is no network mask`)
  try {
    return new Netmask('0.0.0.0', mask).bitmask
  } catch {
    throw unreadable(text, `${mask} is no network mask`)
  }
}

function unreadable(text: string, reason: string): RangewardenError {
  return invalidInput(`"${text}" is no address, network or range a-b: ${reason}`)
}
