/**
 * Whether a format can carry a list, asked before its first byte: a refusal is a sentence with the
 * number, the limit or the setting in it, never a shortened list.
 */
import { ExportRefused, type ExportInput, type Exporter, type ExporterOption } from './contract.ts'

/** Printable ASCII and line feeds: PAC clients and devices disagree on everything else. */
const ASCII_LINES = /^[\n\x20-\x7e]*\n$/

/**
 * The whole text of a list in a format. Throws ExportRefused if the format cannot carry it, and a
 * plain Error, which is our bug, if the text is not ASCII that ends in a newline.
 */
export function renderExport(exporter: Exporter, input: ExportInput): string {
  refuseUnfit(exporter, input)
  const text = [...exporter.render(input)].join('')
  if (!ASCII_LINES.test(text)) {
    throw new Error(`${exporter.name} wrote text that is not ASCII lines for ${input.name}`)
  }
  refuseTooLong(exporter, input, text.length)
  return text
}

/** Throws ExportRefused for what can be known before rendering. O(options), not O(entries). */
function refuseUnfit(exporter: Exporter, input: ExportInput): void {
  refuseOptions(exporter, input)
  refuseAnyDestination(exporter, input)
  refuseWithoutAddresses(exporter, input)
  refuseEmpty(exporter, input)
  refuseTooMany(exporter, input)
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
  throw new ExportRefused(
    `${exporter.name} lists destinations and cannot say "all destinations", which is what ${name} admits`,
    { destinations },
  )
}

function refuseWithoutAddresses(exporter: Exporter, input: ExportInput): void {
  if (exporter.carries.includes('names') || input.prefixes.length > 0) return
  if (input.rules.length === 0) return
  const twin = addressTwin(input.name)
  const instead = twin === undefined ? 'the list has no addresses' : `use ${twin}`
  throw new ExportRefused(
    `${exporter.name} carries only addresses and ${input.name} has only names: ${instead}`,
    { names: input.rules.length, addresses: 0, ...(twin === undefined ? {} : { use: twin }) },
  )
}

function refuseEmpty(exporter: Exporter, input: ExportInput): void {
  if (exporter.onEmpty === 'render' || input.destinations === 'any') return
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
  throw new ExportRefused(
    `${input.name} has ${entries} entries, ${exporter.name} holds ${limit}${because(exporter)}`,
    { entries, limit },
  )
}

function refuseTooLong(exporter: Exporter, input: ExportInput, bytes: number): void {
  const limit = exporter.limits.bytes
  if (limit === undefined || bytes <= limit) return
  throw new ExportRefused(
    `${input.name} takes ${bytes} bytes, ${exporter.name} holds ${limit}${because(exporter)}`,
    { bytes, limit },
  )
}

function entriesOf({ carries }: Exporter, { rules, prefixes }: ExportInput): number {
  const names = carries.includes('names') ? rules.length : 0
  return names + (carries.includes('addresses') ? prefixes.length : 0)
}

/** The built-in list with the addresses: `app-proxy.china` -> `app-proxy-ip.china`. */
function addressTwin(name: string): string | undefined {
  return /^app-proxy(\.[a-z]+)?$/.test(name) ? name.replace('app-proxy', 'app-proxy-ip') : undefined
}

function because({ limits }: Exporter): string {
  return limits.source === undefined ? '' : ` (${limits.source})`
}

function settingsOf(options: readonly ExporterOption[]): string[] {
  return options.map(({ setting }) => setting)
}
