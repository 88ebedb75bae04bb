/**
 * Union, intersection and difference of AzureCloud and of all other tags: two lists with one prefix
 * a line in, one such list out, as in `collapse.ts`. A library is measured where it has the
 * operation, and has to give the same networks; `cidr-tools` intersects by subtracting twice.
 */
import { excludeCidr, mergeCidr } from 'cidr-tools'
import { exclude, merge } from 'fast-cidr-tools'
import { RangeSet } from '../../src/core/range-set.ts'
import type { BenchRow, Measurement } from '../contract.ts'
import { fileOf, linesOf, newestLists, type List } from '../lists.ts'
import { medianTimes, type MeasureOptions } from '../measure.ts'
import { KIND_OF_FILE } from '../weeks.ts'

type Operation = (a: RangeSet, b: RangeSet) => RangeSet

/** Of lines, as a library takes and gives them. */
type Reference = (a: string[], b: string[]) => string[]

interface RowOptions extends MeasureOptions {
  /** The library is known to pass over networks: version 0.3.4 skips one after each that it cuts. */
  readonly mayDiffer?: boolean
}

/** It takes the other library seconds: few rounds are enough to see by how much. */
const FEW: RowOptions = { rounds: 3, warmUp: 1 }

export const unionCidrTools = row(
  'union',
  'cidr-tools',
  (a, b) => a.union(b),
  (a, b) => mergeCidr([...a, ...b]),
)

export const subtractCidrTools = row(
  'difference',
  'cidr-tools',
  (a, b) => a.subtract(b),
  (a, b) => excludeCidr(a, b),
)

export const intersectCidrTools = row(
  'intersection',
  'cidr-tools (a less what is only in a)',
  (a, b) => a.intersect(b),
  (a, b) => excludeCidr(a, excludeCidr(a, b)),
)

export const unionFastCidrTools = row(
  'union',
  'fast-cidr-tools',
  (a, b) => a.union(b),
  (a, b) => merge([...a, ...b]),
  FEW,
)

export const subtractFastCidrTools = row(
  'difference',
  'fast-cidr-tools',
  (a, b) => a.subtract(b),
  (a, b) => exclude(a, b),
  { ...FEW, mayDiffer: true },
)

function row(
  what: string,
  library: string,
  operation: Operation,
  reference: Reference,
  options: RowOptions = {},
): BenchRow {
  return {
    name:
      `The ${what} of the other tags and AzureCloud, newest ${KIND_OF_FILE} Public file, lists in, ` +
      `list out; reference: ${library}`,
    unit: 'ms',
    target: { of: 'ratio', atMost: 1 / 5 },
    measure: () => measure(operation, reference, options),
  }
}

async function measure(
  operation: Operation,
  reference: Reference,
  { mayDiffer = false, ...options }: RowOptions,
): Promise<Measurement> {
  const { rest, azureCloud } = newestLists()
  const [a, b] = [parsed(rest), parsed(azureCloud)]
  const theirs = (): string => fileOf(reference(linesOf(rest), linesOf(azureCloud)))
  const expected = parsed({ bytes: Buffer.from(theirs()), texts: [] })
  if (!operation(a, b).equals(expected)) {
    if (mayDiffer) return { absent: 'the library gives other addresses than cidr-tools and we do' }
    throw new Error('not the same addresses')
  }
  const { alone, ...measured } = await medianTimes(
    {
      reference: theirs,
      ours: () => fileOf(operation(parsed(rest), parsed(azureCloud)).texts()),
      alone: () => operation(a, b),
    },
    options,
  )
  return { ...measured, details: { 'the operation on sets alone, ms': alone } }
}

function parsed({ bytes }: List): RangeSet {
  const set = RangeSet.parseLines(bytes)
  if (!set.ok) throw new Error(set.reason)
  return set.value
}
