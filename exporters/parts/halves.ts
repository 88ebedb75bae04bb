/** A whole family as two halves, for consumers that refuse or misread a prefix of length 0. */
import type { Family } from '../../src/core/address.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { ofFamily, textsOf } from './networks.ts'

const HALVES: Readonly<Record<Family, readonly string[]>> = {
  4: ['0.0.0.0/1', '128.0.0.0/1'],
  6: ['::/1', '8000::/1'],
}

/** The networks of one family. All of it is its only network, because lists are collapsed. */
export function orHalves(prefixes: readonly Prefix[], family: Family): readonly string[] {
  const held = ofFamily(prefixes, family)
  return held[0]?.length === 0 ? HALVES[family] : textsOf(held)
}
