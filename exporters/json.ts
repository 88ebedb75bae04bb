/**
 * Everything a list is made of, with the reason for each name and the tag behind the addresses:
 * for pipelines that build what no format here does, and for whoever must justify a rule.
 */
import type { Family } from '../src/core/address.ts'
import type { AddressCounts } from '../src/core/diff.ts'
import { formatPort, type EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Exporter, ExportInput, RequiredName, Widened } from './contract.ts'

export const json: Exporter = {
  name: 'json',
  summary: 'names, ports, prefixes and counts with their provenance',
  mediaType: 'application/json',
  fileExtension: 'json',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: true,
  revision: 3,
  limits: {},
  options: [],
  // Programs apply what they read, too: a list that became empty is a fault, not an answer.
  onEmpty: 'refuse',

  *render(input) {
    yield `${ascii(JSON.stringify(documentOf(input), undefined, 2))}\n`
  },
}

/** Keys in a fixed order, every key always there: null where there is nothing to say. */
function documentOf(input: ExportInput): unknown {
  const { prefixes, widened, shard, kept, rolledBack } = input
  return {
    list: input.name,
    cloud: input.cloud,
    version: {
      serial: input.version.serial ?? null,
      snapshot: input.version.snapshot ?? null,
      content: input.version.content ?? null,
    },
    destinations: input.destinations,
    names: input.rules.map(nameOf),
    prefixes: textsOf(prefixes),
    leaving: input.leaving.map(({ lastDay, prefixes }) => {
      return { lastDay, prefixes: textsOf(prefixes) }
    }),
    widened: widened ? widenedOf(widened) : null,
    shard: shard ? { index: shard.index, of: shard.of } : null,
    addresses: countsOf(input.addresses),
    uncovered: input.uncovered,
    tags: input.tags,
    missingTags: input.missingTags,
    emptyTags: input.emptyTags,
    kept: kept ? { snapshot: kept.snapshot, fileDate: kept.fileDate } : null,
    rolledBack: rolledBack
      ? {
          snapshot: rolledBack.snapshot,
          fileDate: rolledBack.fileDate,
          until: rolledBack.until,
        }
      : null,
    required: input.required.map(requiredOf),
  }
}

/** IPv4 counts are exact as numbers; IPv6 counts are not, so they are decimal strings. */
function countsOf(counts: AddressCounts): { ipv4: number; ipv6: string } {
  return { ipv4: Number(counts[4]), ipv6: counts[6].toString() }
}

function widenedOf({ entries, lossless, addresses, percent, prefixes }: Widened): unknown {
  return {
    entries,
    lossless,
    addresses: countsOf(addresses),
    percent: { ipv4: percent[4], ipv6: percent[6] },
    prefixes: textsOf(prefixes),
  }
}

function textsOf(prefixes: readonly Prefix[]): { ipv4: string[]; ipv6: string[] } {
  const of = (wanted: Family): string[] =>
    prefixes.filter(({ family }) => family === wanted).map(({ text }) => text)
  return { ipv4: of(4), ipv6: of(6) }
}

function nameOf({ name, ports }: EndpointRule): unknown {
  return { name, ports: ports.map(formatPort) }
}

function requiredOf(required: RequiredName): unknown {
  const { service, name, ports, path, purpose, phase, sources, tags, note } = required
  return {
    service,
    name,
    path: path ?? null,
    ports: ports.map(formatPort),
    purpose,
    phase,
    tags,
    note: note ?? null,
    sources: sources.map(({ title, url, date }) => ({ title, url, date })),
  }
}

/** The same JSON with every character outside printable ASCII as an escape (RFC 8259, section 7). */
function ascii(text: string): string {
  return text.replaceAll(/[^\n\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
