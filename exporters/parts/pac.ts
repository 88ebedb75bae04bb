/** What formats for PAC clients share: how a host is matched, and what a match may not mean. */
import { parsePacAnswer } from '../../src/core/pac-answer.ts'
import { ExportRefused, type ExporterOption, type ExportInput } from '../contract.ts'
import { sentences } from '../head.ts'
import { literal } from './ascii.ts'
import { comment } from './comment.ts'
import { hostName } from './names.ts'
import { ofFamily } from './networks.ts'
import { ipv4Edges, ipv6Edges } from './pac-edges.ts'
import { LISTED, LITERALS, NAMED, RESOLVED } from './pac-script.ts'

export const PAC_LIMITS = {
  bytes: 1_000_000,
  source: 'Chromium gives up at 1,048,576 bytes and goes direct, WinHTTP at 1,024 kB',
} as const

/** More than this, and the file says at its head that some clients will not take it. */
const SHORT = 262_144

const TOO_LONG =
  'This file is longer than 256 kB (262,144 bytes), which is all that Zscaler and the explicit proxy ' +
  'of Azure Firewall take: give them a list with a budget.'

const PORTS =
  'A name matches on any port: the port is in the URL alone, which some clients shorten or hide. ' +
  'Ports are the business of the proxy.'

export function answerOption(
  given: Pick<ExporterOption, 'name' | 'setting' | 'summary' | 'required'>,
): ExporterOption {
  return {
    ...given,
    check(value) {
      const answer = parsePacAnswer(value)
      return answer.ok ? undefined : answer.reason
    },
  }
}

/** As every client reads it, however it was typed. */
export function answerOf({ options }: ExportInput, name: 'proxy' | 'fallback'): string {
  const answer = parsePacAnswer(options[name] ?? '')
  if (answer.ok) return answer.value
  throw new ExportRefused(`a PAC file cannot use the option ${name}: ${answer.reason}`)
}

/** DIRECT for addresses would let every client reach every tenant of Azure past the proxy. */
export function refuseBypass(input: ExportInput): void {
  const { name, prefixes } = input
  if (prefixes.length === 0) return
  const proxy = answerOf(input, 'proxy')
  if (!/\bDIRECT\b/.test(proxy)) return
  throw new ExportRefused(
    `${name} has ${prefixes.length} networks and RANGEWARDEN_PAC_PROXY="${proxy}" has ` +
      'DIRECT: clients would go past the proxy, at once or when it does not answer, to addresses ' +
      'that any Azure tenant may hold',
    { settings: ['RANGEWARDEN_PAC_PROXY'], networks: prefixes.length },
  )
}

/** Comments in a function, whose first line must stay the first of the file. */
export function words(input: ExportInput, more: readonly string[] = []): string {
  return [...sentences(input), ...more, PORTS].map(said).join('')
}

function said(sentence: string): string {
  return comment('  // ', sentence, 95)
}

/** `first` and `rest`, and between them a word if that is longer than every client takes. */
export function sized(first: string, rest: readonly string[]): string[] {
  const bytes = rest.reduce((sum, { length }) => sum + length, first.length)
  return [first, ...(bytes > SHORT ? [said(TOO_LONG)] : []), ...rest]
}

/** In the script: `host` as the tests want it. */
export const HOST_NAME = 'var name = host.toLowerCase().replace(/\\.$/, "");\n'

/** In the script: true if `name` is on the list. */
export function test({ rules, prefixes }: ExportInput, suffix = ''): string {
  return [
    ...(rules.length > 0 ? [`rangewardenNamed${suffix}(name)`] : []),
    ...(prefixes.length > 0 ? [`rangewardenListed${suffix}(name)`] : []),
  ].join(' || ')
}

/** The functions that `test` calls, and their tables; the names of all of them end in `suffix`. */
export function matching(format: string, input: ExportInput, suffix = ''): string[] {
  const code = (text: string): string =>
    text.replaceAll(/\brangewarden\w+/g, (name) => name + suffix)
  return [
    ...(input.rules.length > 0 ? named(format, input, code) : []),
    ...(input.prefixes.length > 0 ? listed(input, code) : []),
  ]
}

type Code = (text: string) => string

function named(format: string, { rules }: ExportInput, code: Code): string[] {
  const names = rules.map(({ name }) => hostName(format, name))
  const textsOf = (wanted: boolean): string[] =>
    names.filter(({ wild }) => wild === wanted).map(({ host }) => (wanted ? `.${host}` : host))
  return [
    code(NAMED),
    table(code('rangewardenExact'), textsOf(false)),
    table(code('rangewardenBelow'), textsOf(true)),
  ]
}

/** Names as the keys of an object: `*.x` is kept as `.x`, which no host name equals. */
function table(variable: string, names: readonly string[]): string {
  return `var ${variable} = {${names.map((name) => `\n  ${literal(name)}: 1`).join(',')}\n};\n`
}

function listed({ rules, prefixes }: ExportInput, code: Code): string[] {
  return [
    code(rules.length > 0 ? LITERALS : RESOLVED),
    code(LISTED),
    `var ${code('rangewardenV4')} = [${ipv4Edges(ofFamily(prefixes, 4))}];\n`,
    `var ${code('rangewardenV6')} = [${ipv6Edges(ofFamily(prefixes, 6))}];\n`,
  ]
}
