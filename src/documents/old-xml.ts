/**
 * The XML that Microsoft published until 2020, before there were service tags for everybody: regions
 * with their ranges. Old archives become history by it (docs/adr/0011). Read as strictly as JSON:
 * known elements and attributes only, no document type, no entities, nothing repaired.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Cloud } from '../core/cloud.ts'
import { comparePrefixes, parsePrefix, type Prefix } from '../core/prefix.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import { MAX_REFUSALS, type ParsedDocument, type Refusal } from '../core/service-tags.ts'
import {
  compareText,
  contentHash,
  tagDigest,
  type ServiceTag,
  type Sha256,
} from '../core/snapshot.ts'
import { shown } from './shown.ts'

export const OLD_XML_ROOT = 'AzurePublicIpAddresses'

/** The largest file seen (Public, 2019-06-17) has 106,159 characters. */
export const OLD_XML_LIMITS = { characters: 1024 * 1024, elements: 20_000, tag: 500 } as const

export interface OldXmlOptions {
  /** Of the file's name: the document does not say. */
  readonly cloud: Cloud
  readonly sha256: Sha256
}

/**
 * A snapshot with the tag AzureCloud, which is everything, and `AzureCloud.<region>` for each region
 * in the spelling of the time (`europewest`). What XML does not say is empty or 0.
 */
export function parseOldXml(text: string, { cloud, sha256 }: OldXmlOptions): ParsedDocument {
  const refusals: Refusal[] = []
  const told: Tell = (path, value, reason) => {
    if (refusals.length < MAX_REFUSALS) refusals.push({ path, value: shown(value), reason })
    return undefined
  }
  const root = rootOf(text)
  if (!root.ok) {
    return { ok: false, refusals: [{ path: '', value: shown(text), reason: root.reason }] }
  }
  const regions = readRegions(root.value, cloud, told)
  if (refusals.length > 0) return { ok: false, refusals }
  const tags = [
    tag('AzureCloud', '', everything(regions), sha256),
    ...regions.map(({ name, prefixes }) => tag(`AzureCloud.${name}`, name, prefixes, sha256)),
  ].sort((a, b) => compareText(a.name, b.name))
  const snapshot = {
    cloud,
    changeNumber: 0,
    tags: new Map(tags.map((each) => [each.name, each])),
    memberships: tags.reduce((sum, { prefixes }) => sum + prefixes.length, 0),
    contentHash: contentHash(cloud, tags, sha256),
  }
  return { ok: true, snapshot }
}

/** Told of a refusal. */
type Tell = (path: string, value: string, reason: string) => undefined

/** An element as the parser gives it in document order: its name, children and attributes. */
interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
}

interface Region {
  readonly name: string
  /** In list order. */
  readonly prefixes: readonly Prefix[]
}

function rootOf(text: string): Result<Element> {
  const declaration = DECLARATION.exec(text)?.[0] ?? ''
  const body = text.slice(declaration.length)
  const rule = brokenRule(body)
  if (rule !== undefined) return refuse(rule)
  // The parser alone repairs what is not well-formed. Its validator is to become a package of its
  // own; the version in use has it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const valid = XMLValidator.validate(body)
  if (valid !== true) {
    const { line, msg } = valid.err
    return refuse(`not well-formed XML in line ${line}: ${shown(msg)}`)
  }
  const elements = parsed(body)
  if (!elements.ok) return elements
  const [root, ...others] = elements.value
  if (root?.name === OLD_XML_ROOT && others.length === 0) return accept(root)
  return refuse(`the one root element is ${OLD_XML_ROOT}, not ${shown(root?.name ?? '')}`)
}

/** The parser throws for names that mean something to JavaScript, such as `__proto__`. */
function parsed(body: string): Result<Element[]> {
  try {
    return accept(elementsIn(PARSER.parse(body)))
  } catch (error) {
    return refuse(`not read: ${shown(error instanceof Error ? error.message : String(error))}`)
  }
}

/** As in all files seen; another encoding would have to be decoded otherwise. */
const DECLARATION = /^\s*<\?xml\s+version="1\.0"(?:\s+encoding="utf-8")?\s*\?>/i

/** The parser works on the whole text, so what it must never meet is looked for before. */
function brokenRule(body: string): string | undefined {
  const { characters, elements, tag } = OLD_XML_LIMITS
  if (body.length > characters) return `${body.length} characters; at most ${characters} are read`
  const foreign = /<[!?]|&/.exec(body)
  if (foreign) {
    const found = shown(body.slice(foreign.index, foreign.index + 40))
    return `no document type, comment, entity, CDATA or instruction is read: ${found}`
  }
  let count = 0
  for (let at = body.indexOf('<'); at >= 0; at = body.indexOf('<', at + 1)) {
    const end = body.indexOf('>', at)
    if (end < 0 || end - at > tag) return `a tag of more than ${tag} characters, the limit`
    if (++count > 2 * elements) return `more than ${elements} elements, the limit`
  }
  return undefined
}

const ATTRIBUTES = ':@'

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: true,
})

/** Text between elements is an element named `#text`, which nobody accepts. */
function elementsIn(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return []
  return nodes.flatMap((node: unknown) => {
    if (typeof node !== 'object' || node === null) return []
    const entries = Object.entries(node)
    const attributes = textsOf(entries.find(([key]) => key === ATTRIBUTES)?.[1])
    return entries
      .filter(([key]) => key !== ATTRIBUTES)
      .map(([name, children]) => ({ name, attributes, children: elementsIn(children) }))
  })
}

function textsOf(attributes: unknown): Record<string, string> {
  if (typeof attributes !== 'object' || attributes === null) return {}
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]))
}

function readRegions(root: Element, cloud: Cloud, tell: Tell): Region[] {
  const strange = Object.keys(root.attributes).find((name) => !name.startsWith('xmlns:'))
  if (strange !== undefined) tell('', strange, `${OLD_XML_ROOT} has name spaces only`)
  if (root.children.length === 0) tell('', '(nothing)', `${OLD_XML_ROOT} has regions`)
  const regions: Region[] = []
  const seen = new Map<string, string>()
  root.children.forEach((element, i) => {
    const path = `Region[${i}]`
    const region = readRegion(path, element, cloud, tell)
    if (!region) return
    const earlier = seen.get(region.name.toLowerCase())
    if (earlier !== undefined) tell(`${path}.Name`, region.name, `the same region as ${earlier}`)
    seen.set(region.name.toLowerCase(), path)
    regions.push(region)
  })
  return regions
}

/** `AzureCloud.` before it makes a tag name, with the rules and the length of one. */
const REGION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,116}$/

function readRegion(path: string, element: Element, cloud: Cloud, tell: Tell): Region | undefined {
  const name = onlyAttribute(path, element, 'Region', 'Name', tell)
  if (name === undefined) return undefined
  if (!REGION_NAME.test(name)) {
    return tell(`${path}.Name`, name, 'a region is letters, digits, ".", "_" and "-"')
  }
  const home = cloudOf(name)
  if (home !== cloud) {
    tell(`${path}.Name`, name, `a region of ${home}, and the file's name is one of ${cloud}`)
  }
  const prefixes = element.children.flatMap((range, i) =>
    readRange(`${path}.IpRange[${i}]`, range, tell),
  )
  prefixes.sort(comparePrefixes)
  const twice = prefixes.find((prefix, i) => prefixes[i - 1]?.text === prefix.text)
  if (twice) tell(path, twice.text, 'the same range twice in one region')
  return { name, prefixes }
}

/** So were the regions of the three clouds called that had such files. */
function cloudOf(region: string): Cloud {
  if (/^china/i.test(region)) return 'China'
  return /^germany(?:central|northeast)$/i.test(region) ? 'AzureGermany' : 'Public'
}

function readRange(path: string, element: Element, tell: Tell): Prefix[] {
  const text = onlyAttribute(path, element, 'IpRange', 'Subnet', tell)
  if (text === undefined) return []
  const [child] = element.children
  if (child) tell(path, child.name, 'IpRange has no content')
  const prefix = parsePrefix(text)
  if (prefix.ok) return [prefix.value]
  tell(`${path}.Subnet`, text, prefix.reason)
  return []
}

/** The value of the one attribute that an element of this name has. */
function onlyAttribute(
  path: string,
  { name, attributes }: Element,
  element: string,
  attribute: string,
  tell: Tell,
): string | undefined {
  if (name !== element) return tell(path, name, `nothing but ${element} is expected here`)
  const names = Object.keys(attributes)
  if (names.length === 1 && names[0] === attribute) return attributes[attribute]
  return tell(path, names.join(', '), `${element} has the attribute ${attribute} alone`)
}

/** Of all regions, each once: some ranges may be named by two. */
function everything(regions: readonly Region[]): Prefix[] {
  const all = regions.flatMap(({ prefixes }) => prefixes).sort(comparePrefixes)
  return all.filter((prefix, i) => prefix.text !== all[i - 1]?.text)
}

function tag(
  name: string,
  region: string,
  prefixes: readonly Prefix[],
  sha256: Sha256,
): ServiceTag {
  const facts = { name, region, regionId: 0, systemService: '', networkFeatures: [], prefixes }
  return { ...facts, digest: tagDigest(facts, sha256) }
}
