/**
 * Whether a format can carry a list, asked before its first byte: a refusal is a sentence with the
 * number, the limit or the setting in it, never a shortened list.
 */
import { ExportRefused, type ExportInput, type Exporter, type ExporterOption } from './contract.ts'
import { whatFits, whatFitsInBytes } from './parts/what-fits.ts'

/** Anything but printable ASCII and line feeds: PAC clients and devices disagree on it. */
const NOT_ASCII_LINES = /[^\n\x20-\x7e]/

/** What formats name things after: nothing in it is syntax anywhere. */
const LIST_NAME = /^[a-z0-9][a-z0-9.-]*$/

/**
 * The whole file of a list in a format: text, or bytes of a format that is none. Throws
 * ExportRefused if the format cannot carry it, and a plain Error, which is our bug, if the text is
 * not ASCII that ends in a newline.
 */
export function renderExport(exporter: Exporter, input: ExportInput): string | Uint8Array {
  refuseUnfit(exporter, input)
  const file = rendered(exporter, input)
  if (typeof file === 'string' && (NOT_ASCII_LINES.test(file) || !file.endsWith('\n'))) {
    throw new Error(`${exporter.name} wrote text that is not ASCII lines for ${input.name}`)
  }
  refuseTooLong(exporter, input, file.length)
  return file
}

function rendered(exporter: Exporter, input: ExportInput): string | Uint8Array {
  const file = exporter.render(input)
  return file instanceof Uint8Array ? file : [...file].join('')
}

/** Throws ExportRefused for what can be known before rendering. O(options), not O(entries). */
function refuseUnfit(exporter: Exporter, input: ExportInput): void {
  refuseName(exporter, input)
  refuseOptions(exporter, input)
  refuseAnyDestination(exporter, input)
  refuseWithoutAddresses(exporter, input)
  refuseWithoutNames(exporter, input)
  refuseEmpty(exporter, input)
  refuseTooMany(exporter, input)
}

/** Nobody can store such a list; a format need not ask again whether a name is safe to write. */
function refuseName({ name: format, limits }: Exporter, { name }: ExportInput): void {
  if (!LIST_NAME.test(name)) {
    throw new ExportRefused(
      `${format} cannot name anything after ${JSON.stringify(name)}: lower-case letters, digits, ` +
        '"." and "-", the first a letter or digit',
      { name },
    )
  }
  const limit = limits.nameLength
  if (limit === undefined || name.length <= limit) return
  throw new ExportRefused(
    `${format} takes list names of at most ${limit} characters${because(limits)}: ` +
      `"${name}" has ${name.length}`,
    { name, length: name.length, limit },
  )
}

function refuseOptions(exporter: Exporter, { options }: ExportInput): void {
  const missing = exporter.options.filter(
    (option) => option.required && (options[option.name] ?? '') === '',
  )
  if (missing.length > 0) {
    const needs = missing.map(({ setting, summary }) => `${setting} (${summary})`).join(' and ')
    throw new ExportRefused(`${exporter.name} needs ${needs}`, { settings: settingsOf(missing) })
  }
  for (const option of exporter.options) {
    const value = options[option.name]
    const broken = value === undefined ? undefined : option.check(value)
    if (broken !== undefined) {
      const message = `${exporter.name} cannot use ${option.setting}="${value}": ${broken}`
      throw new ExportRefused(message, { settings: settingsOf([option]) })
    }
  }
}

function refuseAnyDestination(exporter: Exporter, { name, destinations }: ExportInput): void {
  if (destinations === 'listed' || exporter.anyDestination) return
  if (exporter.carries.length === 0) return
  throw new ExportRefused(
    `${exporter.name} lists destinations and cannot say "all destinations", which is what ${name} admits`,
    { destinations },
  )
}

function refuseWithoutAddresses(exporter: Exporter, input: ExportInput): void {
  const isOfAddresses = exporter.carries.length === 1 && exporter.carries.includes('addresses')
  if (!isOfAddresses || input.prefixes.length > 0 || input.rules.length === 0) return
  const twin = addressTwin(input.name)
  const instead = twin === undefined ? 'the list has no addresses' : `use ${twin}`
  throw new ExportRefused(
    `${exporter.name} carries only addresses and ${input.name} has only names: ${instead}`,
    { names: input.rules.length, addresses: 0, ...(twin === undefined ? {} : { use: twin }) },
  )
}

function refuseWithoutNames(exporter: Exporter, input: ExportInput): void {
  const isOfNames = exporter.carries.length === 1 && exporter.carries.includes('names')
  if (!isOfNames || input.rules.length > 0 || input.prefixes.length === 0) return
  throw new ExportRefused(
    `${exporter.name} carries only names and ${input.name} has only addresses`,
    { names: 0, addresses: input.prefixes.length },
  )
}

function refuseEmpty(exporter: Exporter, input: ExportInput): void {
  if (exporter.onEmpty === 'render' || input.destinations === 'any') return
  if (exporter.carries.length === 0) return
  if (entriesOf(exporter, input) > 0) return
  throw new ExportRefused(
    `${input.name} has no addresses and no names, and an empty ${exporter.name} list would be loaded as one`,
    { names: 0, addresses: 0 },
  )
}

function refuseTooMany(exporter: Exporter, input: ExportInput): void {
  const limit = exporter.limits.entries
  const entries = entriesOf(exporter, input)
  if (limit === undefined || entries <= limit) return
  const fits = whatFits(exporter, input, limit - (entries - input.prefixes.length))
  throw new ExportRefused(
    `${input.name} has ${entries} entries, ${exporter.name} holds ${limit}` +
      `${because(exporter.limits)}${fits.sentence}`,
    { entries, limit, ...fits.facts },
  )
}

function refuseTooLong(exporter: Exporter, input: ExportInput, bytes: number): void {
  const limit = exporter.limits.bytes
  if (limit === undefined || bytes <= limit) return
  const fits = whatFitsInBytes(
    exporter,
    input,
    limit,
    (smaller) => rendered(exporter, smaller).length,
  )
  throw new ExportRefused(
    `${input.name} takes ${bytes} bytes, ${exporter.name} holds ${limit}` +
      `${because(exporter.limits)}${fits.sentence}`,
    { bytes, limit, ...fits.facts },
  )
}

function entriesOf({ carries }: Exporter, { rules, prefixes }: ExportInput): number {
  const names = carries.includes('names') ? rules.length : 0
  return names + (carries.includes('addresses') ? prefixes.length : 0)
}

/** The built-in list with the addresses: `app-proxy.china` -> `app-proxy-ip.china`. */
export function addressTwin(name: string): string | undefined {
  return /^app-proxy(\.[a-z]+)?$/.test(name) ? name.replace('app-proxy', 'app-proxy-ip') : undefined
}

function because(limits: Exporter['limits']): string {
  return limits.source === undefined ? '' : ` (${limits.source})`
}

function settingsOf(options: readonly ExporterOption[]): string[] {
  return options.map(({ setting }) => setting)
}
