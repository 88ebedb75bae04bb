/** What the guard says about a candidate: rules, reasons, and how a sentence writes its numbers. */
import type { Family } from './address.ts'

export const GUARD_RULES = [
  'cloud',
  'size',
  'space',
  'future',
  'width',
  'withdrawal',
  'cloud-loss',
  'cloud-gain',
  'tag-loss',
  'tag-gain',
] as const

export type GuardRule = (typeof GUARD_RULES)[number]

/** A tag and how many addresses of it a reason is about (decimal text). */
export interface TagShare {
  readonly name: string
  readonly addresses: string
}

/** One broken rule, for people and for programs: JSON values only. */
export interface GuardReason {
  readonly rule: GuardRule
  /** One sentence with the number, the limit and the worst tags. */
  readonly text: string
  readonly family?: Family
  /** Percent, where the rule is one of percent. */
  readonly measured?: number
  readonly limit?: number
  /** The tags that move the most addresses, with how many (decimal text). */
  readonly tags?: readonly TagShare[]
}

/** How many offenders a reason names; the number of all of them is always said. */
export const NAMED = 5

/** `1,234,567`: by hand, since a locale's way depends on the machine. */
export function grouped(count: number | bigint): string {
  return count.toString().replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 tag`, `2,000 tags`. */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${BigInt(count) === 1n ? one : many}`
}

/** The first few of all, and how many there are beyond. */
export function listed(texts: readonly string[]): string {
  const more = texts.length - NAMED
  return `${texts.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}`
}

/**
 * Addresses as a person can read them: IPv4 as they are; IPv6, where a single site has 25 digits of
 * them, in `/48s` or `/64s` when there are so many.
 */
export function amount(family: Family, count: bigint): string {
  if (family === 4) return grouped(count)
  if (count >= 1n << 80n) return inNetworks(count, 48)
  if (count >= 1n << 64n) return inNetworks(count, 64)
  return grouped(count)
}

/**
 * A percentage that broke a limit, with as few digits as show that it did: `20.2`, and `15.004`
 * where the limit is 15.
 */
export function percentOver(measured: number, limit: number): string {
  let digits = 1
  while (digits < 12 && Number(measured.toFixed(digits)) <= limit) digits++
  return shortest(measured, digits)
}

/** A limit is whole for an ordinary step and rarely for a longer one. */
export function percentLimit(limit: number): string {
  return shortest(limit, 1)
}

/** `6,400` and `20.2`: no more digits after the point than are needed. */
function shortest(value: number, digits: number): string {
  if (value >= 1e15) return grouped(BigInt(Math.round(value))) // an IPv6 gain on next to nothing
  const [whole = '', fraction] = String(Number(value.toFixed(digits))).split('.')
  return grouped(BigInt(whole)) + (fraction === undefined ? '' : `.${fraction}`)
}

/** With a digit after the point where it says something. */
function inNetworks(count: bigint, length: number): string {
  const tenths = (count * 10n) >> BigInt(128 - length)
  const [whole, tenth] = [tenths / 10n, tenths % 10n]
  const number = grouped(whole) + (tenth === 0n || whole >= 100n ? '' : `.${tenth}`)
  return `${number} /${length}${tenths === 10n ? '' : 's'}`
}
