/**
 * Addresses that only one side of a diff has: of a tag, of a region, of everything.
 *
 * Published prefixes are nested or disjoint, so that one walk in list order, with the enclosing
 * prefixes on a stack, says for each prefix on which sides its addresses were held already. Only
 * where a prefix brings a side that is not around it does it move its own size from one account to
 * another, so that no address is looked at.
 *
 *     from  ├───────── /16 ─────────┤     from only + size of /16
 *     to        ├─ /18 ─┤                 from only - size of /18, both + size of /18
 *     to                     ├─ /20 ─┤    from only - size of /20, both + size of /20
 *     lost  ├──┤         ├──┤        ├┤   what is left in "from only"
 */
import { BITS, type Family } from './address.ts'
import { BOTH, FROM, memberOf, ordinalOf, sidesOf, SIZE_CLASSES, TO } from './diff-sides.ts'
import type { Networks, Sides } from './diff-sides.ts'
import { compareText } from './snapshot.ts'

/** Numbers of addresses, per family. */
export type AddressCounts = Readonly<Record<Family, bigint>>

/** Addresses that only the newer side has, and that only the older side had. */
export interface CoverageChange {
  readonly gained: AddressCounts
  readonly lost: AddressCounts
}

/** A region whose addresses are not the same on both sides; it is the union of its tags. */
export interface RegionChange {
  /** In Microsoft's internal spelling. */
  readonly region: string
  readonly coverage: CoverageChange
}

/** Of one tag: `index` is its place in `sides.tags`. O(members of the tag). */
export function coverageOfTag(
  { networks, offsets, members }: Sides,
  index: number,
): CoverageChange {
  return changeIn(networks, members, offsets[index], offsets[index + 1])
}

/** Of all tags together. One pass over the members and one over the prefixes. */
export function coverageOfAll({ networks, members }: Sides): CoverageChange {
  const held = new Uint8Array(networks.size)
  for (const member of members) {
    const ordinal = ordinalOf(member)
    held[ordinal] = (held[ordinal] ?? 0) | sidesOf(member)
  }
  const all = new Int32Array(networks.size)
  for (let ordinal = 0; ordinal < all.length; ordinal++) {
    all[ordinal] = memberOf(ordinal, held[ordinal] ?? 0)
  }
  return changeIn(networks, all)
}

/**
 * Of each region, in name order, the same ones left out: what moves between two tags of a region is
 * neither gained nor lost there. A tag that changed its region takes its addresses along. Global
 * tags are of no region. One pass over the members, which are then sorted region by region:
 * O(n log n).
 */
export function coverageOfRegions({ networks, tags, offsets, members }: Sides): RegionChange[] {
  const lists = new Map<string, number[]>()
  const put = (region: string, own: Int32Array, wanted: number): void => {
    const list = lists.get(region) ?? []
    if (region !== '') lists.set(region, list)
    for (const member of own) {
      const sides = sidesOf(member) & wanted
      if (sides !== 0) list.push(memberOf(ordinalOf(member), sides))
    }
  }
  for (const [index, { regionFrom, regionTo }] of tags.entries()) {
    const own = members.subarray(offsets[index], offsets[index + 1])
    if (regionFrom === regionTo) put(regionTo, own, BOTH)
    else {
      put(regionFrom, own, FROM)
      put(regionTo, own, TO)
    }
  }
  return [...lists]
    .map(([region, list]) => {
      return { region, coverage: changeIn(networks, new Int32Array(list).sort()) }
    })
    .filter(({ coverage }) => !isSame(coverage))
    .sort((a, b) => compareText(a.region, b.region))
}

/** True if no address was gained and none lost. */
export function isSame({ gained, lost }: CoverageChange): boolean {
  return gained[4] + gained[6] + lost[4] + lost[6] === 0n
}

/**
 * Sizes are added up in doubles without loss: those of IPv4 in one, those of IPv6 in one for each
 * 32-bit word of a count of up to 2^128.
 */
const SLOTS = 1 + BITS[6] / 32 + 1
const SLOT_OF_CLASS = new Uint8Array(SIZE_CLASSES)
const SIZE_OF_CLASS = new Float64Array(SIZE_CLASSES)
for (let sizeClass = 0; sizeClass < SIZE_CLASSES; sizeClass++) {
  const isIPv4 = sizeClass <= BITS[4]
  const hostBits = isIPv4 ? BITS[4] - sizeClass : SIZE_CLASSES - 1 - sizeClass
  SLOT_OF_CLASS[sizeClass] = isIPv4 ? 0 : 1 + Math.floor(hostBits / 32)
  SIZE_OF_CLASS[sizeClass] = 2 ** (isIPv4 ? hostBits : hostBits % 32)
}

/**
 * Sizes held on neither side, on one, on the other and on both; of use within `changeIn` alone. One
 * for each of 3,000 tags would be most of their cost.
 */
const accounts = new Float64Array(4 * SLOTS)

/** Of the members from `start` to before `stop`, ascending; of one prefix there may be several. */
function changeIn(
  { ends, classes }: Networks,
  members: Int32Array,
  start = 0,
  stop = members.length,
): CoverageChange {
  accounts.fill(0)
  // What is open: each adds a side to the one around it, so there are never more than two.
  let [outerEnd, outerSides, innerEnd, innerSides] = [0, 0, 0, 0]
  for (let i = start; i < stop; i++) {
    const member = members[i] ?? 0
    const ordinal = ordinalOf(member)
    if (outerEnd <= ordinal) outerSides = 0
    if (innerEnd <= ordinal) innerSides = 0
    const around = innerSides === 0 ? outerSides : innerSides
    const now = around | sidesOf(member)
    if (now === around) continue
    const end = ends[ordinal] ?? 0
    if (outerSides === 0) {
      outerEnd = end
      outerSides = now
    } else {
      innerEnd = end
      innerSides = now
    }
    const sizeClass = classes[ordinal] ?? 0
    const size = SIZE_OF_CLASS[sizeClass] ?? 0
    const was = slotOf(around, sizeClass)
    const is = slotOf(now, sizeClass)
    accounts[was] = (accounts[was] ?? 0) - size
    accounts[is] = (accounts[is] ?? 0) + size
  }
  return { gained: countsIn(TO), lost: countsIn(FROM) }
}

function slotOf(sides: number, sizeClass: number): number {
  return sides * SLOTS + (SLOT_OF_CLASS[sizeClass] ?? 0)
}

function countsIn(side: number): AddressCounts {
  const first = side * SLOTS
  let v6 = 0n
  for (let word = 0; word + 1 < SLOTS; word++) {
    const count = accounts[first + 1 + word] ?? 0
    if (count !== 0) v6 += BigInt(count) << BigInt(32 * word)
  }
  return { 4: BigInt(accounts[first] ?? 0), 6: v6 }
}
