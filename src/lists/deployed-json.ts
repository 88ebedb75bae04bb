/** A deployed list as JSON: texts in an array, ours in `networks` and `names`, or a format's file. */
import { invalidInput, messageOf } from '../core/errors.ts'
import { createEntries, TAKEN, type DeployedList } from './deployed-entries.ts'

/** @throws RangewardenError `invalid-input` with what cannot be read */
export function readJson(text: string): DeployedList {
  const value = parseJson(text)
  const places = SHAPES.reduce<Place[] | undefined>(
    (found, read) => found ?? read(value),
    undefined,
  )
  if (!places) throw invalidInput(`the list is JSON of no known shape\n${TAKEN}`)
  const all = places.flatMap(({ path, texts }) => texts.map((text, i) => ({ text, path, i })))
  const entries = createEntries((at) => `${all[at]?.path ?? ''}/${all[at]?.i ?? at}`)
  for (const [at, { text }] of all.entries()) entries.add(text.trim(), at)
  return entries.finish()
}

/** Texts, and the path of the array that they stand in. */
interface Place {
  readonly path: string
  readonly texts: readonly string[]
}

type Members = Readonly<Record<string, unknown>>

/**
 * Undefined for another shape. They are looked at by hand: a schema would make a sentence of each
 * of a million wrong items.
 */
type ReadShape = (value: unknown) => Place[] | undefined

/** `["20.0.0.0/24", …]` */
const plainArray: ReadShape = (value) =>
  areTexts(value) ? [{ path: '', texts: value }] : undefined

/** `{"networks": […], "names": […]}`, one of them at least. */
const networksAndNames: ReadShape = (value) => {
  if (!areMembers(value, ['networks', 'names']) || Object.keys(value).length === 0) return undefined
  const { networks = [], names = [] } = value
  if (!areTexts(networks) || !areTexts(names)) return undefined
  return [
    { path: '/networks', texts: networks },
    { path: '/names', texts: names },
  ]
}

/** The format `json`: what is neither network nor name explains it. */
const jsonFormat: ReadShape = (value) => {
  if (!isMembers(value) || typeof value['list'] !== 'string') return undefined
  const names = namesIn(value['names'])
  const networks = networksIn(value['prefixes'], '/prefixes')
  return names && networks && [{ path: '/names', texts: names }, ...networks]
}

/** The format `terraform`: one variable. */
const terraformFormat: ReadShape = (value) => {
  if (!isMembers(value)) return undefined
  const [[variable, held] = [''], ...others] = Object.entries(value)
  if (!variable.startsWith('rangewarden_') || others.length > 0) return undefined
  if (!areMembers(held, ['about', 'ipv4', 'ipv6', 'names'])) return undefined
  const { about, names: rules, ...byFamily } = held
  const names = namesIn(rules)
  const networks = networksIn(byFamily, `/${variable}`)
  return areTexts(about) && names && networks
    ? [...networks, { path: `/${variable}/names`, texts: names }]
    : undefined
}

/** The format `checkpoint-gdc`: an object for each family. */
const checkpointFormat: ReadShape = (value) => {
  if (!isMembers(value) || typeof value['version'] !== 'string') return undefined
  const { objects } = value
  if (!Array.isArray(objects)) return undefined
  const places = objects.map((object: unknown, i): Place | undefined => {
    const ranges = isMembers(object) ? object['ranges'] : undefined
    return areTexts(ranges) ? { path: `/objects/${i}/ranges`, texts: ranges } : undefined
  })
  const known = places.filter((place) => place !== undefined)
  return known.length === places.length ? known : undefined
}

const SHAPES = [plainArray, networksAndNames, jsonFormat, terraformFormat, checkpointFormat]

function networksIn(value: unknown, path: string): Place[] | undefined {
  if (!areMembers(value, ['ipv4', 'ipv6'])) return undefined
  const { ipv4, ipv6 } = value
  if (!areTexts(ipv4) || !areTexts(ipv6)) return undefined
  return [
    { path: `${path}/ipv4`, texts: ipv4 },
    { path: `${path}/ipv6`, texts: ipv6 },
  ]
}

function namesIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const names = value.map((rule: unknown) => (isMembers(rule) ? rule['name'] : undefined))
  return areTexts(names) ? names : undefined
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** No others than these. */
function areMembers(value: unknown, names: readonly string[]): value is Members {
  return isMembers(value) && Object.keys(value).every((name) => names.includes(name))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidInput(`the list is no JSON: ${messageOf(error)}`)
  }
}
