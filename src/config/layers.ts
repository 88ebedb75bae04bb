/**
 * Where the texts of the settings come from: the environment, a YAML file, files of secrets. Mistakes
 * are collected, not thrown, so that all of them can be reported together.
 */
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { suggestion } from '../core/nearest-name.ts'

/** What is known about a setting besides its rule. */
export interface SettingFacts {
  readonly name: string
  /** As one would write it; undefined: not set. */
  readonly default?: string
  readonly sentence: string
  /** Never shown; `inside`: a URL that can carry a password. */
  readonly secret?: 'whole' | 'inside'
  /** NAME_FILE names a file that holds the value: how secrets are mounted. */
  readonly fileTwin?: true
  /** Other names, which win: lower case is how proxies were first named, and what curl reads. */
  readonly aliases?: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads a text file; throws when it cannot. */
export type ReadText = (path: string) => string

/** A value, and what a person would have to change. */
export interface Given {
  readonly value: string
  readonly label: string
}

export interface Layer {
  /** `(environment)`, or the file's path. */
  readonly where: string
  readonly values: Environment
}

/** Names that are no settings of the service: the file of settings, and the tests' data. */
export const CONFIG_FILE = 'RANGEWARDEN_CONFIG'
const OTHER_NAMES: readonly string[] = [CONFIG_FILE, 'RANGEWARDEN_REAL_DATA']

function namesOf(all: readonly SettingFacts[]): string[] {
  return all.flatMap(({ name, fileTwin }) => (fileTwin ? [name, `${name}_FILE`] : [name]))
}

/** Variables that Kubernetes sets for every Service of the namespace, `rangewarden` among them. */
const SERVICE_LINK = /^RANGEWARDEN_(?:.+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT_\d+_.+)$/

/** One mistake for each RANGEWARDEN_ name that means nothing. */
export function unknownVariables(environment: Environment, all: readonly SettingFacts[]): string[] {
  const names = Object.keys(environment).filter((name) => name.startsWith('RANGEWARDEN_'))
  const links = names.filter((name) => isServiceLink(name, environment[name]))
  const known = [...namesOf(all), ...OTHER_NAMES]
  const unknown = names
    .filter((name) => !known.includes(name) && !links.includes(name))
    .map((name) => `${name} (environment): there is no such setting${suggestion(name, known)}`)
  if (links.length === 0) return unknown
  const [example = ''] = links
  return [
    `${example} "${environment[example] ?? ''}" (environment): this is how Kubernetes announces a ` +
      'Service named like a setting of ours; set enableServiceLinks: false in the pod',
    ...unknown,
  ]
}

function isServiceLink(name: string, value: string | undefined): boolean {
  const isAddress = name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value ?? '')
  return isAddress || SERVICE_LINK.test(name)
}

/** Without what Kubernetes put there, so that one cause is reported once. */
export function environmentLayer(environment: Environment): Layer {
  const own = Object.entries(environment).filter(([name, value]) => !isServiceLink(name, value))
  return { where: '(environment)', values: Object.fromEntries(own) }
}

/** Text only: a token of digits must not become a number on the way. Lists are joined. */
const SettingsFile = z.record(
  z.string(),
  z.union([z.string(), z.array(z.string()).transform((items) => items.join(','))]),
)

/** The YAML file's layer, or none; what is wrong with it is added to the mistakes. */
export function fileLayer(
  path: string | undefined,
  all: readonly SettingFacts[],
  readText: ReadText,
  mistakes: string[],
): Layer[] {
  if (path === undefined || path === '') return []
  const label = `${CONFIG_FILE} "${path}"`
  let document: unknown
  try {
    // Pretty errors would quote the file, and it may hold secrets.
    document = parseYaml(readText(path), { schema: 'failsafe', prettyErrors: false })
  } catch (error) {
    mistakes.push(`${label}: not readable as YAML: ${messageOf(error)}`)
    return []
  }
  // An empty file, or one of comments, is null.
  const file = SettingsFile.safeParse(document ?? {})
  if (!file.success) {
    mistakes.push(`${label}: the file holds names with texts or lists of texts, nothing else`)
    return []
  }
  const known = namesOf(all)
  for (const name of Object.keys(file.data)) {
    if (known.includes(name)) continue
    mistakes.push(`${name} (${path}): there is no such setting${suggestion(name, known)}`)
  }
  return [{ where: `(${path})`, values: file.data }]
}

/** From the first layer that says something, or the default. */
export function givenIn(
  layers: readonly Layer[],
  about: SettingFacts,
  readText: ReadText,
  mistakes: string[],
): Given | undefined {
  const twin = about.fileTwin ? `${about.name}_FILE` : undefined
  for (const { where, values } of layers) {
    const name = [...(about.aliases ?? []), about.name].find((known) => isGiven(values[known]))
    const path = twin === undefined ? undefined : values[twin]
    if (twin !== undefined && isGiven(path)) {
      if (name !== undefined) mistakes.push(`${name} and ${twin} ${where}: only one may be set`)
      return fromFile(`${twin} "${path}" ${where}`, path, readText, mistakes)
    }
    const value = name === undefined ? undefined : values[name]
    if (isGiven(value)) return { value, label: `${name ?? about.name} ${where}` }
  }
  const standard = about.default
  return standard === undefined ? undefined : { value: standard, label: `${about.name} (default)` }
}

function fromFile(
  label: string,
  path: string,
  readText: ReadText,
  mistakes: string[],
): Given | undefined {
  try {
    // Editors and `echo` end a file with a line end, which is no part of a secret.
    const value = readText(path).replace(/\r?\n$/, '')
    if (value !== '') return { value, label }
    mistakes.push(`${label}: the file is empty`)
  } catch (error) {
    mistakes.push(`${label}: cannot be read: ${messageOf(error)}`)
  }
  return undefined
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
