/**
 * Collapsing the prefixes of a file to the fewest networks: a list with one prefix a line in, such a
 * list out, as a program has it that reads a file and writes one. Reading and writing the text is
 * part of it on every side; a library is given the lines, `iprange` is a process. Before anything is
 * measured all have to give the same networks.
 */
import { spawnSync } from 'node:child_process'
import { mergeCidr } from 'cidr-tools'
import { merge } from 'fast-cidr-tools'
import { RangeSet } from '../../src/core/range-set.ts'
import { program } from '../../test/support/requirements.ts'
import type { BenchRow, Measurement } from '../contract.ts'
import { fileOf, linesOf, newestLists, type List } from '../lists.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE } from '../weeks.ts'

/** The same for all: bytes of a list to the text of a list. */
type Collapse = (list: List) => string

const ours: Collapse = ({ bytes }) => {
  const set = RangeSet.parseLines(bytes)
  if (!set.ok) throw new Error(set.reason)
  return fileOf(set.value.texts())
}

const cidrTools: Collapse = (list) => fileOf(mergeCidr(linesOf(list)))

const fastCidrTools: Collapse = (list) => fileOf(merge(linesOf(list)))

/** It looks names up: only lists that we have read go in. It prints hosts without their length. */
const iprange: Collapse = ({ bytes }) => {
  const { stdout, status, error } = spawnSync('iprange', { input: bytes, encoding: 'latin1' })
  if (status !== 0) throw error ?? new Error(`iprange: exit code ${status}`)
  return stdout
}

export const collapseIprange = row('all IPv4 prefixes', 'ipv4', 'iprange as a process', iprange, {
  atMost: 1,
  absent: program('iprange').missing,
})

export const collapseCidrTools = row('all IPv4 prefixes', 'ipv4', 'cidr-tools', cidrTools, {
  atMost: 1 / 5,
})

export const collapseBothCidrTools = row(
  'all prefixes of both families',
  'all',
  'cidr-tools',
  cidrTools,
  {
    atMost: 1 / 5,
  },
)

export const collapseFastCidrTools = row(
  'all IPv4 prefixes',
  'ipv4',
  'fast-cidr-tools',
  fastCidrTools,
  {
    atMost: 1 / 3,
  },
)

export const collapseBothFastCidrTools = row(
  'all prefixes of both families',
  'all',
  'fast-cidr-tools',
  fastCidrTools,
  { atMost: 1 / 3 },
)

interface RowOptions {
  readonly atMost: number
  readonly absent?: string | undefined
}

function row(
  what: string,
  input: 'ipv4' | 'all',
  name: string,
  reference: Collapse,
  { atMost, absent }: RowOptions,
): BenchRow {
  return {
    name: `Collapse ${what} of the newest ${KIND_OF_FILE} Public file, list in, list out; reference: ${name}`,
    unit: 'ms',
    target: { of: 'ratio', atMost },
    measure: () => (absent === undefined ? measure(newestLists()[input], reference) : { absent }),
  }
}

async function measure(list: List, reference: Collapse): Promise<Measurement> {
  const collapsed = ours(list)
  if (sorted(reference(list)) !== sorted(collapsed)) throw new Error('not the same networks')
  const times = await medianTimes({
    reference: () => reference(list),
    ours: () => ours(list),
    oursFromArray: () => fromArray(list),
  })
  const { oursFromArray, ...measured } = times
  return {
    ...measured,
    details: {
      prefixes: list.texts.length,
      networks: collapsed.split('\n').length - 1,
      'ours from an array of texts, ms': oursFromArray,
    },
  }
}

/** What it takes where the prefixes are strings already, as those of a JSON document are. */
function fromArray({ texts }: List): string {
  const set = RangeSet.parse(texts)
  if (!set.ok) throw new Error(set.reason)
  return fileOf(set.value.texts())
}

/** In one order and spelling: one library sorts IPv6 its own way, and a host may have no length. */
function sorted(list: string): string {
  const hosts = list
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\/(?:32|128)$/, ''))
  return hosts.sort().join('\n')
}
