/**
 * A complete proxy auto-config file: listed hosts use one proxy, all others the fallback.
 *
 * ES5 only, because WinHTTP's and pacparser's engines know no more. The first line is the function,
 * as Zscaler wants it, so comments are inside. Names come first and cost no DNS; addresses are one
 * binary search (chains of isInNet take 300 times as long and three times the bytes).
 */
import type { Family } from '../src/core/address.ts'
import { parsePacAnswer } from '../src/core/pac-answer.ts'
import { RangeSet } from '../src/core/range-set.ts'
import { ExportRefused, type Exporter, type ExportInput } from './contract.ts'
import { addressWarnings, identity, notices, wrap } from './head.ts'

const MAX_BYTES = 1_000_000

const HOST = /^(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/

export const pac: Exporter = {
  name: 'pac',
  summary: 'a proxy auto-config file: listed hosts use one proxy, all others another',
  mediaType: 'application/x-ns-proxy-autoconfig; charset=utf-8',
  fileExtension: 'pac',
  families: [4, 6],
  carries: ['names', 'addresses'],
  // One answer for every host needs no list, and a PAC file cannot limit sources.
  anyDestination: false,
  revision: 2,
  limits: {
    bytes: MAX_BYTES,
    source: 'Chromium gives up at 1,048,576 bytes and goes direct, WinHTTP at 1,024 kB',
  },
  options: [
    {
      name: 'proxy',
      setting: 'RANGEWARDEN_PAC_PROXY',
      summary: 'what hosts on the list use, such as "PROXY proxy.example:8080"',
      required: true,
      check: brokenAnswer,
    },
    {
      name: 'fallback',
      setting: 'RANGEWARDEN_PAC_FALLBACK',
      summary: 'what all other hosts use, such as "DIRECT"',
      required: true,
      check: brokenAnswer,
    },
  ],
  onEmpty: 'refuse',

  *render(input) {
    refuseBypass(input)
    yield* entry(input)
    if (input.rules.length > 0) yield* named(input)
    if (input.prefixes.length > 0) yield* listed(input)
  },
}

/** DIRECT for addresses would let every client reach every tenant of Azure past the proxy. */
function refuseBypass(input: ExportInput): void {
  const { name, prefixes } = input
  const proxy = answerOf(input, 'proxy')
  if (prefixes.length === 0 || !proxy.startsWith('DIRECT')) return
  throw new ExportRefused(
    `${name} has ${prefixes.length} networks and RANGEWARDEN_PAC_PROXY="${proxy}" begins with ` +
      'DIRECT: every client would go past the proxy to addresses that any Azure tenant may hold',
    { settings: ['RANGEWARDEN_PAC_PROXY'], networks: prefixes.length },
  )
}

function brokenAnswer(value: string): string | undefined {
  const answer = parsePacAnswer(value)
  return answer.ok ? undefined : answer.reason
}

/** As every client reads it, however it was typed. */
function answerOf({ options }: ExportInput, name: 'proxy' | 'fallback'): string {
  const answer = parsePacAnswer(options[name] ?? '')
  if (answer.ok) return answer.value
  throw new ExportRefused(`pac cannot use the option ${name}: ${answer.reason}`)
}

function* entry(input: ExportInput): Iterable<string> {
  const { rules, prefixes } = input
  const tests = [
    ...(rules.length > 0 ? ['rangewardenNamed(name)'] : []),
    ...(prefixes.length > 0 ? ['rangewardenListed(name)'] : []),
  ]
  yield 'function FindProxyForURL(url, host) {\n'
  const head = [identity(input), ...notices(input), ...addressWarnings(input)]
  for (const sentence of head) yield comment(sentence)
  yield comment(
    'A name matches on any port: the port is in the URL alone, which some clients shorten or hide. ' +
      'Ports are the business of the proxy.',
  )
  yield '  var name = host.toLowerCase().replace(/\\.$/, "");\n'
  yield `  if (${tests.join(' || ')}) return ${script(answerOf(input, 'proxy'))};\n`
  yield `  return ${script(answerOf(input, 'fallback'))};\n}\n`
}

function* named({ rules }: ExportInput): Iterable<string> {
  const names = rules.map(({ name }) => name)
  const wide = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1))
  yield NAMED
  yield* table(
    'rangewardenExact',
    names.filter((name) => !name.startsWith('*.')),
  )
  yield* table('rangewardenBelow', wide)
}

/** Names as the keys of an object: `*.x` is kept as `.x`, which no host name equals. */
function* table(variable: string, names: readonly string[]): Iterable<string> {
  const strange = names.find((name) => !HOST.test(name.replace(/^\./, '')))
  if (strange !== undefined) {
    const message = `pac cannot match ${JSON.stringify(strange)}: not a host name`
    throw new ExportRefused(message, { name: strange })
  }
  yield `var ${variable} = {${names.map((name) => `\n  ${script(name)}: 1`).join(',')}\n};\n`
}

function* listed({ rules, prefixes }: ExportInput): Iterable<string> {
  const ranges = RangeSet.of(prefixes)
  yield rules.length > 0 ? LITERALS : RESOLVED
  yield LISTED
  yield `var rangewardenV4 = [${rows(edges(ranges, 4), 8)}];\n`
  yield `var rangewardenV6 = [${rows(edges(ranges, 6), 4)}];\n`
}

/**
 * Where the set begins and where it has ended (the first address past it), ascending. IPv4 as
 * numbers; IPv6 as 32 hexadecimal digits without the zeros at their end, whose text order is the
 * order of addresses. "g" stands for the end past the last address of all.
 */
function edges(ranges: RangeSet, family: Family): string[] {
  return [...ranges.only(family).ranges()].flatMap(({ first, last }) =>
    [valueOf(first), valueOf(last) + 1n].map((edge) => {
      if (family === 4) return edge.toString()
      if (edge === 1n << 128n) return script('g')
      return script(edge.toString(16).padStart(32, '0').replace(/0+$/, ''))
    }),
  )
}

function valueOf(words: readonly number[]): bigint {
  return words.reduce((value, word) => (value << 32n) + BigInt(word), 0n)
}

function rows(values: readonly string[], perRow: number): string {
  const lines: string[] = []
  for (let at = 0; at < values.length; at += perRow) {
    lines.push(`\n  ${values.slice(at, at + perRow).join(', ')}`)
  }
  return lines.length === 0 ? '' : `${lines.join(',')}\n`
}

/** A string literal of the script; ASCII, so no line separator of Unicode can end it. */
function script(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Lines that begin with `//` whatever the text holds. */
function comment(sentence: string): string {
  return wrap(sentence.replaceAll(/[^\x20-\x7e]/g, '?'), 95)
    .map((line) => `  // ${line}\n`)
    .join('')
}

const NAMED = `
function rangewardenNamed(name) {
  var has = Object.prototype.hasOwnProperty, dot;
  if (has.call(rangewardenExact, name)) return true;
  // The dot is part of the suffix, so evil-x never matches .x; x itself has no dot in front.
  for (dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
    if (has.call(rangewardenBelow, name.slice(dot))) return true;
  }
  return false;
}

`

const LITERALS = `
function rangewardenListed(host) {
  // Only hosts that are written as addresses: the names above need no lookup, and a look-alike
  // that resolves into a listed network does not match.
  return rangewardenHolds(host);
}
`

const RESOLVED = `
function rangewardenListed(host) {
  // The list has no names, so a host is looked up, once; a host without a dot is not on the Internet.
  var address;
  if (rangewardenIPv4(host) >= 0 || host.indexOf(":") >= 0) return rangewardenHolds(host);
  address = host.indexOf(".") > 0 ? dnsResolve(host) : null;
  return address ? rangewardenHolds(String(address).toLowerCase()) : false;
}
`

const LISTED = String.raw`
function rangewardenHolds(address) {
  var v4 = rangewardenIPv4(address), v6;
  if (v4 >= 0) return rangewardenWithin(rangewardenV4, v4);
  v6 = rangewardenIPv6(address);
  return v6 !== "" && rangewardenWithin(rangewardenV6, v6);
}

function rangewardenWithin(edges, address) {
  // Even edges begin a range, odd ones are the first address past it.
  var low = 0, high = edges.length, middle;
  while (low < high) {
    middle = (low + high) >>> 1;
    if (edges[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function rangewardenIPv4(text) {
  var octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text), value = 0, i;
  if (!octets) return -1;
  for (i = 1; i <= 4; i++) {
    // 010 is eight to some programs and ten to others: not an address here.
    if (Number(octets[i]) > 255 || /^0\d/.test(octets[i])) return -1;
    value = value * 256 + Number(octets[i]);
  }
  return value;
}

function rangewardenIPv6(text) {
  // 32 hexadecimal digits, or "" for what is no address.
  var halves = text.replace(/^\[|\]$/g, "").split("::"), digits = "", groups, tail, missing, i;
  groups = halves[0] === "" ? [] : halves[0].split(":");
  tail = halves.length < 2 || halves[1] === "" ? [] : halves[1].split(":");
  missing = 8 - groups.length - tail.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return "";
  for (i = 0; i < missing; i++) groups.push("0");
  groups = groups.concat(tail);
  for (i = 0; i < 8; i++) {
    if (!/^[0-9a-f]{1,4}$/.test(groups[i])) return "";
    digits += ("000" + groups[i]).slice(-4);
  }
  return digits;
}

`
