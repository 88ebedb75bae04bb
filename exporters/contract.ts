/**
 * What every format promises. An exporter is pure: it turns one `ExportInput` into the text of one
 * consumer, says what that consumer can hold, and knows nothing of HTTP, time or the database.
 */
import type { Family } from '../src/core/address.ts'
import type { Cloud } from '../src/core/cloud.ts'
import type { AddressCounts } from '../src/core/diff.ts'
import type { EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Shard } from '../src/core/shards.ts'

/** Which content this is; moves only when the content of this very list does. */
export interface ListVersion {
  /** Counts the contents of a stored list. */
  readonly serial?: number
  /** The snapshot that brought this content, or the one of the past that was asked for. */
  readonly snapshot?: string
  /** Begin of the content's hash: all that a list has which nobody stored. */
  readonly content?: string
}

/** One required name as the catalogue has it: more than a rule needs, for formats that carry all. */
export interface RequiredName extends EndpointRule {
  readonly service: string
  readonly path?: string | undefined
  readonly purpose: string
  readonly phase: string
  readonly sources: readonly {
    readonly title: string
    readonly url: string
    readonly date: string
  }[]
  readonly tags: readonly string[]
  readonly note?: string | undefined
}

/** Networks that the published file no longer has and that are admitted a while longer. */
export interface LeavingNetworks {
  /** The last day (UTC, `YYYY-MM-DD`) on which they are admitted; they leave in its course. */
  readonly lastDay: string
  /** Sorted, collapsed; every address of them is in the list's `prefixes`. */
  readonly prefixes: readonly Prefix[]
}

/** Addresses that nobody selected, admitted so that the list has fewer entries. */
export interface Widened {
  /** How many prefixes the list has. */
  readonly entries: number
  /** How many it would have without them. */
  readonly lossless: number
  /** How many addresses they are. */
  readonly addresses: AddressCounts
  /** In percent of the family's addresses that are selected, rounded up. */
  readonly percent: Readonly<Record<Family, number>>
  /** These addresses. Sorted, collapsed; each is in the list's `prefixes`. */
  readonly prefixes: readonly Prefix[]
}

/** A snapshot as people name it. */
export interface SnapshotName {
  /** `public-20251028-3f9a2c1e` */
  readonly snapshot: string
  readonly fileDate: string
}

/** A person went back to this snapshot. */
export interface RolledBack extends SnapshotName {
  /** ISO 8601, when it ends by itself; null for one that waits to be released. */
  readonly until: string | null
}

export interface ExportInput {
  /** `[a-z0-9][a-z0-9.-]{0,39}`: safe in every config language once dots are dealt with. */
  readonly name: string
  readonly cloud: Cloud
  readonly version: ListVersion
  /** `any`: all destinations are admitted, only sources and ports are limited. */
  readonly destinations: 'listed' | 'any'
  /** Covered names dropped, sorted by name. */
  readonly rules: readonly EndpointRule[]
  /** All that is admitted, also what is leaving. Sorted, collapsed, canonical; IPv4 before IPv6. */
  readonly prefixes: readonly Prefix[]
  /** The part of `prefixes` that leaves, for formats with room to say so; earliest day first. */
  readonly leaving: readonly LeavingNetworks[]
  /** Set if the list admits more than is selected. */
  readonly widened: Widened | undefined
  /** Set if `prefixes`, and what follows from them, is one of the parts that a list is split into. */
  readonly shard: Shard | undefined
  /** How many addresses the prefixes admit. */
  readonly addresses: AddressCounts
  /** Required names that no selected tag is known to cover, sorted. */
  readonly uncovered: readonly string[]
  readonly required: readonly RequiredName[]
  /**
   * Names of the selected service tags. Nothing else of them: a new region name or a split prefix
   * changes a tag and must not move a list.
   */
  readonly tags: readonly string[]
  /** Tags the definition names and the snapshot lacks. */
  readonly missingTags: readonly string[]
  /** Tags the definition names that have no prefix in the snapshot. */
  readonly emptyTags: readonly string[]
  /** Where the addresses are from, when the snapshot has none for this list. */
  readonly kept: SnapshotName | undefined
  /** In force; a release or the next publication ends it. */
  readonly rolledBack: RolledBack | undefined
  /** The exporter's options by name; required ones are present. */
  readonly options: Readonly<Record<string, string>>
}

/** A value the operator gives a format, from a setting. */
export interface ExporterOption {
  readonly name: string
  /** The setting that gives it. */
  readonly setting: string
  readonly summary: string
  readonly required: boolean
  readonly default?: string
  /** The rule a value breaks, or undefined. */
  check(value: string): string | undefined
}

/** The chapters of the formats page, in its order. */
export const FORMAT_GROUPS = {
  squid: 'Squid',
  pac: 'Proxy auto-config',
  'packet-filter': 'Packet filters',
  vendor: 'Vendors',
  'reverse-proxy': 'Reverse proxies',
  infrastructure: 'Kubernetes and infrastructure code',
  data: 'Data',
  connector: 'Connector kit',
} as const

export type FormatGroup = keyof typeof FORMAT_GROUPS

/** How it was shown that the consumer takes the format as it is meant. */
export interface Proof {
  /**
   * `program`: the consumer itself reads it in the tests. `schema`: a published schema accepts it.
   * `grammar`: a strict grammar of ours, written from documentation; no program was at hand.
   */
  readonly by: 'program' | 'schema' | 'grammar'
  /** Which program, schema or documentation, with its version or date, and what was tried. */
  readonly with: string
}

export interface Exporter {
  /** Used in URLs, CLI and config. Same as the file name. Never renamed, never reused. */
  readonly name: string
  /** One line for the formats table in the README, `--help` and the API. */
  readonly summary: string
  readonly group: FormatGroup
  /** Which programs or devices read it: a noun phrase, `Squid 5 and later, by include`. */
  readonly consumer: string
  readonly proof: Proof
  /**
   * How it is loaded, what is replaced then, what an operator must know: the paragraphs of its
   * section in docs/formats.md, in Markdown, lines of at most 120 characters.
   */
  readonly guide: string
  readonly mediaType: string
  /** Without the dot; the device path ends in it. */
  readonly fileExtension: string
  readonly families: readonly Family[]
  /**
   * What the format can say. `addresses` alone refuses a list without any, `names` alone one without
   * names. Empty: it is about the operator's setting and says nothing of the list.
   */
  readonly carries: readonly ('names' | 'addresses')[]
  /** True if "all destinations" can be said in this format. */
  readonly anyDestination: boolean
  /** Bumped whenever output bytes change for the same input; the changelog speaks of it. */
  readonly revision: number
  /** What the consumer can hold, and where we learned it. A list beyond it is refused, never cut. */
  readonly limits: {
    readonly entries?: number
    readonly bytes?: number
    /** Longest name of a list in characters, where the consumer's names are made of it. */
    readonly nameLength?: number
    readonly source?: string
  }
  /**
   * False where a consumer has one such file, or one such object, and shards of a list do not add up:
   * a refusal does not propose them then. True unless said.
   */
  readonly addsUp?: boolean
  readonly options: readonly ExporterOption[]
  /** What an empty selection means to this consumer. */
  readonly onEmpty: 'render' | 'refuse'
  /**
   * The file: pieces of ASCII text, joined, or bytes. The same input gives the same bytes. Linear in
   * entries: a few large pieces are faster than one for each.
   * @throws ExportRefused for what only this format knows that it cannot say
   */
  render(input: ExportInput): Iterable<string> | Uint8Array
}

/**
 * A list this format cannot carry: `message` names the number, the limit or the setting, and
 * `facts` carries them for programs. Never a shortened list.
 */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused'
  readonly facts: Readonly<Record<string, unknown>>

  constructor(message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.facts = facts
  }
}
