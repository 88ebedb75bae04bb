/**
 * Everything a list is made of, with the reason for each name and the tag behind the addresses:
 * for pipelines that build what no format here does, and for whoever must justify a rule.
 */
import type { AddressCounts } from '../src/core/diff.ts'
import { formatPort, type EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Exporter, ExportInput, RequiredName, RolledBack, Widened } from './contract.ts'
import { jsonObject, jsonOf, jsonOfPlain } from './parts/json-text.ts'
import { hostName } from './parts/names.ts'
import { ofFamily, textsOf } from './parts/networks.ts'

export const json: Exporter = {
  name: 'json',
  summary: 'names, ports, prefixes and counts with their provenance',
  group: 'data',
  consumer: 'programs',
  proof: {
    by: 'grammar',
    with: 'JSON.parse, and a JSON Schema of ours with the exact members (ajv 8)',
  },
  guide: `\
Names with ports, prefixes, counts, tags, and for each required name purpose, phase and source. \`prefixes\` is all that
is admitted. \`leaving\` names the part of it that leaves, by last day: \`[{"lastDay": "2025-11-11", "prefixes": {"ipv4":
[…], "ipv6": […]}}]\`. \`kept\` and \`rolledBack\` are null in most weeks. \`widened\` has the numbers of a list with a
budget, and the extra addresses as \`prefixes\`; \`shard\` is \`{"index": 2, "of": 8}\`. Both are null otherwise.

IPv4 counts are numbers, IPv6 counts decimal strings. Text outside ASCII is escaped. "All destinations" is
\`"destinations": "any"\`.

**Replaces**: one document is one whole list.`,
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

  render: (input) => [`${jsonObject(membersOf(input), 0)}\n`],
}

/** In a fixed order, every member always there: null where there is nothing to say. */
function membersOf(input: ExportInput): Record<string, string> {
  const { prefixes, widened, shard, kept, rolledBack } = input
  return {
    list: member(input.name),
    cloud: member(input.cloud),
    version: member({
      serial: input.version.serial ?? null,
      snapshot: input.version.snapshot ?? null,
      content: input.version.content ?? null,
    }),
    destinations: member(input.destinations),
    names: member(input.rules.map(nameOf)),
    prefixes: networks(prefixes),
    leaving: member(
      input.leaving.map(({ lastDay, prefixes }) => ({ lastDay, prefixes: byFamily(prefixes) })),
    ),
    widened: member(widened ? widenedOf(widened) : null),
    shard: member(shard ? { index: shard.index, of: shard.of } : null),
    addresses: member(countsOf(input.addresses)),
    uncovered: member(input.uncovered),
    tags: member(input.tags),
    missingTags: member(input.missingTags),
    emptyTags: member(input.emptyTags),
    kept: member(kept ? { snapshot: kept.snapshot, fileDate: kept.fileDate } : null),
    rolledBack: member(rolledBack ? rolledBackOf(rolledBack) : null),
    required: member(input.required.map(requiredOf)),
  }
}

function member(value: unknown): string {
  return jsonOf(value, 2)
}

/** All that is admitted: most of the file. */
function networks(prefixes: readonly Prefix[]): string {
  const { ipv4, ipv6 } = byFamily(prefixes)
  return jsonObject({ ipv4: jsonOfPlain(ipv4, 4), ipv6: jsonOfPlain(ipv6, 4) }, 2)
}

function rolledBackOf({ snapshot, fileDate, until }: RolledBack): unknown {
  return { snapshot, fileDate, until }
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
    prefixes: byFamily(prefixes),
  }
}

function byFamily(prefixes: readonly Prefix[]): { ipv4: string[]; ipv6: string[] } {
  return { ipv4: textsOf(ofFamily(prefixes, 4)), ipv6: textsOf(ofFamily(prefixes, 6)) }
}

/** Names only, though JSON could say anything: whoever reads them writes them somewhere else. */
function nameOf({ name, ports }: EndpointRule): unknown {
  const { host, wild } = hostName('json', name)
  return { name: wild ? `*.${host}` : host, ports: ports.map(formatPort) }
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
