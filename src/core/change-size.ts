/** How large a change is, as one number that both families count in. */
import type { CoverageChange } from './diff-coverage.ts'

/** An IPv6 /64, the smallest network that is handed out. */
const IPV6_UNIT = 1n << 64n

/**
 * IPv4 addresses gained and lost, each IPv6 /64 counting as one address; a part of one counts whole.
 * 0 exactly where no address moved.
 */
export function changeSize({ gained, lost }: CoverageChange): bigint {
  return gained[4] + lost[4] + units(gained[6]) + units(lost[6])
}

function units(addresses: bigint): bigint {
  return (addresses + IPV6_UNIT - 1n) / IPV6_UNIT
}
