/** A stored list as its `json` format hands it out: what a device is compared with. */
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../core/cloud.ts'
import { invalidInput } from '../core/errors.ts'
import { RangeSet } from '../core/range-set.ts'

const networks = z.object({ ipv4: z.array(z.string()), ipv6: z.array(z.string()) })

const documentShape = z.object({
  list: z.string(),
  cloud: z.enum(CLOUDS),
  version: z.object({ serial: z.int().positive(), snapshot: z.string() }),
  destinations: z.enum(['listed', 'any']),
  names: z.array(z.object({ name: z.string() })),
  prefixes: networks,
  leaving: z.array(z.object({ prefixes: networks })),
})

export interface CheckedList {
  readonly name: string
  readonly cloud: Cloud
  /** Of its content, and the snapshot that brought it. */
  readonly serial: number
  readonly snapshot: string
  /** What is handed out: widened, or one shard, if the list is. */
  readonly admitted: RangeSet
  readonly leaving: RangeSet
  readonly names: readonly string[]
}

/**
 * Reads the bytes of the `json` format.
 * @throws RangewardenError `invalid-input` for a list that has nothing to compare with
 */
export function readCheckedList(bytes: Uint8Array): CheckedList {
  const document = documentShape.parse(JSON.parse(new TextDecoder().decode(bytes)))
  const { list: name, cloud, version, destinations, names, prefixes, leaving } = document
  if (destinations === 'any') {
    throw invalidInput(`${name} admits all destinations: no device can have too few or too many`)
  }
  return {
    name,
    cloud,
    serial: version.serial,
    snapshot: version.snapshot,
    admitted: setOf([prefixes]),
    leaving: setOf(leaving.map((one) => one.prefixes)),
    names: names.map((rule) => rule.name),
  }
}

function setOf(all: readonly z.infer<typeof networks>[]): RangeSet {
  const set = RangeSet.parse(all.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6]))
  if (set.ok) return set.value
  throw new Error(`a list of ours cannot be read: ${set.reason}`)
}
