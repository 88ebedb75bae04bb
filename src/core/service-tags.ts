/**
 * The published document -> a `Snapshot`, or every reason (up to a limit) why not, each with its
 * place in the document. One bad prefix refuses the whole document: a list that silently lacks a
 * range is an outage nobody can find. All 42 real files we keep pass this rule.
 */
import { isCloud, type Cloud } from './cloud.ts'
import { comparePrefixes, parsePrefix, type Prefix } from './prefix.ts'
import {
  compareText,
  contentHash,
  tagDigest,
  type ServiceTag,
  type Sha256,
  type Snapshot,
} from './snapshot.ts'

/** One broken rule: where in the document, the value found (shortened), and the rule. */
export interface Refusal {
  readonly path: string
  readonly value: string
  readonly reason: string
}

export type ParsedDocument =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly refusals: readonly Refusal[] }

export interface ParseOptions {
  readonly sha256: Sha256
  /** A snapshot that probably says nearly the same: tags and prefixes that are equal are reused. */
  readonly predecessor?: Snapshot | undefined
}

/** More refusals than this say nothing new, and a hostile document could have millions. */
export const MAX_REFUSALS = 20

const MAX_SHOWN = 120

/** Letters, digits, dot, dash, underscore; real names use letters, a few digits and dots. */
const TAG_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Internal region and service names, network features: printable ASCII, as all real ones are. */
const PLAIN_TEXT = /^[\x20-\x7e]{0,128}$/

/** Real tags have up to five. */
const MOST_FEATURES = 50

type Json = Readonly<Record<string, unknown>>

/** Reads a service-tags document (JSON text). O(n log n) in the number of prefixes. */
export function parseServiceTags(text: string, options: ParseOptions): ParsedDocument {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    const reason = `not JSON: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, refusals: [{ path: '', value: shown(text), reason: shown(reason) }] }
  }
  return new Reader(options).read(document)
}

/** Collects refusals while it reads, so that one look at a bad file shows everything wrong. */
class Reader {
  readonly #refusals: Refusal[] = []
  readonly #prefixes = new Map<string, Prefix>()
  readonly #sha256: Sha256
  readonly #predecessor: Snapshot | undefined

  constructor({ sha256, predecessor }: ParseOptions) {
    this.#sha256 = sha256
    this.#predecessor = predecessor
  }

  read(document: unknown): ParsedDocument {
    const snapshot = this.#document(document)
    return snapshot && this.#refusals.length === 0
      ? { ok: true, snapshot }
      : { ok: false, refusals: this.#refusals }
  }

  #document(document: unknown): Snapshot | undefined {
    if (!isObject(document)) return this.#refuse('', document, 'the document is a JSON object')
    const cloud = this.#cloud(document['cloud'])
    const changeNumber = this.#integer('changeNumber', document['changeNumber'])
    const values = document['values']
    if (!Array.isArray(values)) return this.#refuse('values', values, 'a list of service tags')
    const tags = this.#tags(values)
    if (cloud === undefined || changeNumber === undefined || tags === undefined) return undefined
    const ordered = tags.toSorted((a, b) => compareText(a.name, b.name))
    return {
      cloud,
      changeNumber,
      tags: new Map(ordered.map((tag) => [tag.name, tag])),
      memberships: ordered.reduce((sum, tag) => sum + tag.prefixes.length, 0),
      contentHash: contentHash(cloud, ordered, this.#sha256),
    }
  }

  #cloud(value: unknown): Cloud | undefined {
    return typeof value === 'string' && isCloud(value)
      ? value
      : this.#refuse('cloud', value, 'one of the clouds Microsoft publishes')
  }

  #tags(values: readonly unknown[]): ServiceTag[] | undefined {
    const tags: ServiceTag[] = []
    const seen = new Map<string, string>()
    for (const [i, value] of values.entries()) {
      if (this.#refusals.length >= MAX_REFUSALS) return undefined
      const path = `values[${i}]`
      const tag = this.#tag(path, value)
      if (!tag) continue
      const earlier = seen.get(tag.name.toLowerCase())
      if (earlier) this.#refuse(`${path}.name`, tag.name, `the same tag as ${earlier}`)
      seen.set(tag.name.toLowerCase(), path)
      tags.push(tag)
    }
    return tags
  }

  #tag(path: string, value: unknown): ServiceTag | undefined {
    if (!isObject(value)) return this.#refuse(path, value, 'a service tag is an object')
    const name = value['name']
    if (typeof name !== 'string' || !TAG_NAME.test(name)) {
      return this.#refuse(`${path}.name`, name, 'a tag name is letters, digits, ".", "_" and "-"')
    }
    const properties = value['properties']
    const at = `${path}.properties`
    if (!isObject(properties)) return this.#refuse(at, properties, 'properties are an object')
    this.#unused(path, value, at, properties)
    const before = this.#predecessor?.tags.get(name)
    if (before && isUnchanged(before, properties)) return before
    const region = this.#text(`${at}.region`, properties['region'])
    const regionId = this.#integer(`${at}.regionId`, regionIdOf(properties))
    const systemService = this.#text(`${at}.systemService`, properties['systemService'])
    const networkFeatures = this.#features(`${at}.networkFeatures`, properties['networkFeatures'])
    const texts = properties['addressPrefixes']
    const prefixes = this.#prefixList(`${at}.addressPrefixes`, texts, before?.prefixes ?? [])
    if (region === undefined || regionId === undefined || systemService === undefined) return
    if (networkFeatures === undefined || prefixes === undefined) return
    const facts = { name, region, regionId, systemService, networkFeatures, prefixes }
    return { ...facts, digest: tagDigest(facts, this.#sha256) }
  }

  /** What no snapshot keeps: it may be missing, but not be something else than it always was. */
  #unused(path: string, { id }: Json, at: string, { changeNumber, platform }: Json): void {
    if (id !== undefined) this.#text(`${path}.id`, id)
    if (changeNumber !== undefined) this.#integer(`${at}.changeNumber`, changeNumber)
    if (platform !== undefined) this.#text(`${at}.platform`, platform)
  }

  /**
   * `before` is what the predecessor's tag had. Both lists are nearly always in list order, so it is
   * walked alongside: a text that stands where it stood is the same prefix, checked and sorted once.
   */
  #prefixList(path: string, value: unknown, before: readonly Prefix[]): Prefix[] | undefined {
    if (!Array.isArray(value)) return this.#refuse(path, value, 'a list of prefixes')
    const prefixes: Prefix[] = []
    let next = 0
    for (let i = 0; i < value.length; i++) {
      if (this.#refusals.length >= MAX_REFUSALS) return undefined
      const text: unknown = value[i]
      const expected = before[next]
      if (expected !== undefined && expected.text === text) {
        prefixes.push(expected)
        next++
        continue
      }
      const prefix = this.#prefix(path, i, text)
      if (!prefix) continue
      next = skipUpTo(before, next, prefix)
      const known = before[next - 1]
      prefixes.push(known?.text === prefix.text ? known : prefix)
    }
    prefixes.sort(comparePrefixes)
    const twice = prefixes.find((prefix, i) => prefixes[i - 1]?.text === prefix.text)
    return twice ? this.#refuse(path, twice.text, 'the same prefix twice in one tag') : prefixes
  }

  /** One object for one text among all that the predecessor's tags do not bring along. */
  #prefix(path: string, i: number, value: unknown): Prefix | undefined {
    if (typeof value !== 'string') {
      return this.#refuse(`${path}[${i}]`, value, 'a prefix is a string')
    }
    const known = this.#prefixes.get(value)
    if (known) return known
    const parsed = parsePrefix(value)
    if (!parsed.ok) return this.#refuse(`${path}[${i}]`, value, parsed.reason)
    const { text } = parsed.value
    const prefix = (text === value ? undefined : this.#prefixes.get(text)) ?? parsed.value
    this.#prefixes.set(text, prefix)
    return prefix
  }

  #features(path: string, value: unknown): string[] | undefined {
    if (value === null || value === undefined) return []
    if (!Array.isArray(value)) return this.#refuse(path, value, 'a list of network features')
    if (value.length > MOST_FEATURES) {
      return this.#refuse(path, value, `at most ${MOST_FEATURES} network features`)
    }
    const features = value.map((feature: unknown, i) => this.#text(`${path}[${i}]`, feature))
    if (!features.every((feature) => feature !== undefined)) return undefined
    return [...new Set(features)].filter((feature) => feature !== '').sort(compareText)
  }

  #text(path: string, value: unknown): string | undefined {
    return typeof value === 'string' && PLAIN_TEXT.test(value)
      ? value
      : this.#refuse(path, value, 'plain text of at most 128 characters')
  }

  #integer(path: string, value: unknown): number | undefined {
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
      ? value
      : this.#refuse(path, value, 'a whole number from 0 to 2147483647')
  }

  #refuse(path: string, value: unknown, reason: string): undefined {
    if (this.#refusals.length < MAX_REFUSALS) {
      this.#refusals.push({ path, value: shown(value), reason })
    }
    return undefined
  }
}

/**
 * The same facts in the same spelling and order as a tag that was already accepted. Nearly every
 * tag of a week is, and comparing is ten times cheaper than checking, sorting and hashing again.
 */
function isUnchanged(tag: ServiceTag, properties: Json): boolean {
  const { addressPrefixes, networkFeatures } = properties
  return (
    tag.region === properties['region'] &&
    tag.regionId === regionIdOf(properties) &&
    tag.systemService === properties['systemService'] &&
    sameFeatures(networkFeatures ?? [], tag.networkFeatures) &&
    samePrefixes(addressPrefixes, tag.prefixes)
  )
}

/** Files before mid 2020 have none; null says the same. */
function regionIdOf({ regionId }: Json): unknown {
  return regionId ?? 0
}

/** The first place at or after `from` whose prefix comes later in list order than the given one. */
function skipUpTo(prefixes: readonly Prefix[], from: number, prefix: Prefix): number {
  let at = from
  for (;;) {
    const candidate = prefixes[at]
    if (!candidate || comparePrefixes(candidate, prefix) > 0) return at
    at++
  }
}

function sameFeatures(features: unknown, known: readonly string[]): boolean {
  if (!Array.isArray(features) || features.length !== known.length) return false
  return known.every((feature) => features.includes(feature))
}

function samePrefixes(texts: unknown, known: readonly Prefix[]): boolean {
  if (!Array.isArray(texts) || texts.length !== known.length) return false
  return known.every((prefix, i) => texts[i] === prefix.text)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a person can read it in a log line: JSON, short, ASCII only. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : describe(value)
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return short.replaceAll(/[^\x20-\x7e…]/g, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

function describe(value: unknown): string {
  if (value === undefined) return '(missing)'
  if (Array.isArray(value)) return `(a list of ${value.length})`
  if (typeof value === 'object' && value !== null) return '(an object)'
  return JSON.stringify(value)
}
