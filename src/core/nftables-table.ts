/** Which table of nftables sets are put into: the one grammar of the setting and the option. */
import { accept, refuse, type Result } from './result.ts'

export interface NftablesTable {
  readonly family: string
  readonly name: string
}

const TABLE = /^(inet|ip|ip6) ([A-Za-z][A-Za-z0-9_]{0,63})$/

/**
 * Reads `inet filter`. A set is seen by the rules of its own table alone, so it goes where the rules
 * are. `ip` takes no IPv6 set into account and `ip6` no IPv4 set; nft itself allows both.
 */
export function parseNftablesTable(text: string): Result<NftablesTable> {
  const [, family, name] = TABLE.exec(text) ?? []
  if (family !== undefined && name !== undefined) return accept({ family, name })
  return refuse('a table is its family (inet, ip, ip6) and its name, as in "inet filter"')
}
