/** An allowlist as its `json` format has it: which names it requires, which addresses it admits. */
import { z } from 'zod'
import { addressTwin } from '../../exporters/check.ts'
import { invalidInput } from '../core/errors.ts'
import { RangeSet } from '../core/range-set.ts'

const documentShape = z.object({
  list: z.string(),
  cloud: z.string(),
  destinations: z.string(),
  names: z.array(z.object({ name: z.string() })),
  required: z.array(z.object({ name: z.string() })),
  uncovered: z.array(z.string()),
  prefixes: z.object({ ipv4: z.array(z.string()), ipv6: z.array(z.string()) }),
})

export interface CoveredList {
  readonly name: string
  readonly cloud: string
  /** Each once, in the catalogue's order; wildcards among them. */
  readonly names: readonly string[]
  /** Of them, those that no service tag is known to hold. */
  readonly uncovered: readonly string[]
  readonly addresses: RangeSet
}

/**
 * Reads the bytes of the `json` format.
 * @throws RangewardenError `invalid-input` for a list that has nothing to compare
 */
export function readCoveredList(bytes: Uint8Array): CoveredList {
  const document = documentShape.parse(JSON.parse(new TextDecoder().decode(bytes)))
  const { list: name, cloud, destinations, uncovered, prefixes } = document
  if (destinations === 'any') {
    throw invalidInput(`${name} admits all destinations: every answer is inside`)
  }
  const texts = [...prefixes.ipv4, ...prefixes.ipv6]
  if (texts.length === 0) throw withoutAddresses(name)
  const addresses = RangeSet.parse(texts)
  if (!addresses.ok) throw new Error(`the list ${name} cannot be read: ${addresses.reason}`)
  // Of the list's own names those are left out that a wildcard of it covers; here each counts.
  const names = [...document.required, ...document.names].map((rule) => rule.name)
  return { name, cloud, names: [...new Set(names)], uncovered, addresses: addresses.value }
}

function withoutAddresses(name: string): Error {
  const twin = addressTwin(name)
  const wayOut = twin === undefined ? '' : `: ${twin} has the addresses for these names`
  return invalidInput(`${name} holds no addresses to find answers in${wayOut}`)
}
