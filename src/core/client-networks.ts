/** Who may use a proxy: the one grammar of the setting and of the exporter's option. */
import { commaList } from './comma-list.ts'
import { parsePrefix, prefixOf, type Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import { accept, refuse, type Result } from './result.ts'

/** IPv4 as IPv6 (RFC 4291 section 2.5.5.2): Squid keeps all addresses that way. */
const MAPPED = RangeSet.of([prefixOf(6, [0, 0, 0xffff, 0], 96)])

/**
 * Reads addresses and networks, separated by commas. They come back frozen and collapsed: of two
 * nested networks Squid 5 keeps the first and not the wider, and warns. All of a family together
 * are refused, in however many parts: that is no limit.
 */
export function parseClientNetworks(text: string): Result<readonly Prefix[]> {
  const prefixes: Prefix[] = []
  for (const item of commaList(text)) {
    const whole = item.includes('/') ? item : `${item}/${item.includes(':') ? 128 : 32}`
    const prefix = parsePrefix(whole)
    if (!prefix.ok) return refuse(`"${item}": ${prefix.reason}`)
    prefixes.push(prefix.value)
  }
  const collapsed = RangeSet.of(prefixes).prefixes()
  const everybody = collapsed.find(({ length }) => length === 0)
  if (everybody) return refuse(`${everybody.text} would admit everybody; name the networks`)
  const mapped = collapsed.find((prefix) => RangeSet.of([prefix]).includes(MAPPED))
  if (mapped) {
    return refuse(
      `${mapped.text} holds ::ffff:0:0/96, which is all of IPv4 to Squid; name the networks`,
    )
  }
  return collapsed.length > 0
    ? accept(Object.freeze(collapsed))
    : refuse('at least one address or network')
}
