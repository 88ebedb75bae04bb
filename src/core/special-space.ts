/** Space that no public service can be reached in. */
import { parsePrefix, type Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'

/**
 * RFC 6890 and the registries it made, IANA's IPv4 and IPv6 special-purpose addresses, with
 * multicast and what is kept for later: a list that holds it would open a hole towards the inside.
 */
export const SPECIAL_SPACE: readonly Prefix[] = [
  '0.0.0.0/8', // this network, RFC 791
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // shared by carriers, RFC 6598
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link-local, RFC 3927
  '172.16.0.0/12', // private, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890
  '192.0.2.0/24', // documentation, RFC 5737
  '192.88.99.0/24', // 6to4 relays, RFC 7526
  '192.168.0.0/16', // private, RFC 1918
  '198.18.0.0/15', // benchmarks, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/3', // multicast, RFC 5771; kept for later, RFC 1112; broadcast, RFC 919
  // Only 2000::/3 is global unicast space (RFC 4291 section 2.4 and IANA's registry of it): these
  // three hold loopback, mapped, translated, unique local, link-local and multicast addresses.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // protocol assignments, RFC 2928
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056
  '3fff::/20', // documentation, RFC 9637
].map(knownPrefix)

export const SPECIAL_RANGES: RangeSet = RangeSet.of(SPECIAL_SPACE)

function knownPrefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}
