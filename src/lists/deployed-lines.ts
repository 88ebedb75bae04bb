/**
 * The lines of a deployed list: entries by themselves, and what our formats write around theirs. A
 * line is known or it is refused; none is passed over because nothing was found in it.
 *
 * What a device does with a line decides: `deny` for a network, `nomatch`, `no network-object` are
 * no entries, and so no known lines.
 */
import type { Entries } from './deployed-entries.ts'

/** What a known line has: nothing of the list, or in its first group one entry or several. */
interface LineForm {
  readonly line: RegExp
  readonly has: 'nothing' | 'one' | 'several'
}

/** Squid reads 2,048 characters. What is longer is no line of a list. */
const LONGEST_LINE = 8_192

const TOO_LONG = `a line has at most ${LONGEST_LINE} characters`

/** `!` is Cisco's, with a blank behind it: `!20.0.0.0/24` is what elsewhere excludes a network. */
const COMMENT = /^(?:#|;|\/\/|!(?:\s|$))/

/** Behind an entry a comment stands apart: without the blank, `#` is part of it to some programs. */
const TRAILING_COMMENT = /\s(?:#|;|\/\/).*$/

/** No word of any form is one. */
const NETWORK = /^[\da-f.:/]+$/i

/** Between the entries of a line. */
const SEPARATORS = /\s*,\s*|\s+/

/**
 * Reads every line into `entries`, under its number from 1.
 * @param list the name of the list, which `haproxy-map` writes behind every network
 */
export function readLines(text: string, list: string, entries: Entries): void {
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    readLine(lines[i] ?? '', i + 1, list, entries)
  }
}

function readLine(whole: string, at: number, list: string, entries: Entries): void {
  if (whole.length > LONGEST_LINE) return entries.refuse(whole, at, TOO_LONG)
  const trimmed = whole.trim()
  if (trimmed === '' || COMMENT.test(trimmed)) return
  const line = trimmed.replace(TRAILING_COMMENT, '').trimEnd()
  // Most lines of most lists.
  if (NETWORK.test(line)) return entries.add(line, at)
  const form = FORMS.find((known) => known.line.test(line))
  if (!form) return entries.add(beforeName(line, list) ?? line, at)
  if (form.has === 'nothing') return
  const [, found = ''] = form.line.exec(line) ?? []
  const texts = form.has === 'several' ? found.split(SEPARATORS) : [found]
  for (const text of texts) entries.add(text, at)
}

/** `20.0.0.0/24 LIST` */
function beforeName(line: string, list: string): string | undefined {
  const before = line.slice(0, -list.length - 1)
  return line === `${before} ${list}` && NETWORK.test(before) ? before : undefined
}

function nothing(line: RegExp): LineForm {
  return { line, has: 'nothing' }
}

function one(line: RegExp): LineForm {
  return { line, has: 'one' }
}

function several(line: RegExp): LineForm {
  return { line, has: 'several' }
}

/** By format; none of them is a line of another with another meaning. */
const FORMS: readonly LineForm[] = [
  // ipset: of `ipset save`, too.
  one(/^add \S+ (\S+)$/),
  nothing(/^create \S+ hash:net family inet6?(?: \w+ \w+)*(?: -exist)?$/),
  nothing(/^(?:flush|destroy) \S+$/),
  nothing(/^swap \S+ \S+$/),

  // nftables: of `nft list set`, too, which ends lines in a comma and the last in a brace.
  several(/^([\da-f.:/-]+(?:, [\da-f.:/-]+)*)(?:,| \}|, \})$/i),
  several(/^elements = \{ ([\da-f.:/-]+(?:, [\da-f.:/-]+)*),?(?: \})?$/i),
  nothing(/^add element (?:ip|ip6|inet) \S+ \S+ \{$/),
  nothing(/^flush set (?:ip|ip6|inet) \S+ \S+$/),
  nothing(/^table (?:ip|ip6|inet) \S+ \{$/),
  nothing(/^set \S+ \{$/),
  nothing(/^(?:type ipv[46]_addr|flags interval|auto-merge)$/),
  nothing(/^[{}]$/),

  // nginx-allow and nginx-geo.
  one(/^allow ([\da-f.:/]+);$/i),
  nothing(/^deny all;$/),
  one(/^([\da-f.:/]+) 1;$/i),

  // squid: what its clients and ports are is not the list's.
  several(/^acl \S+ (?:dst|dstdomain)(?: -n)? (\S.*)$/),
  nothing(/^acl \S+ (?:src|port) \S.*$/),
  nothing(/^http_access allow \S.*$/),

  // cisco-asa: its networks stand in the file twice.
  one(/^network-object (?:host )?([\da-f][\da-f.:/ ]*)$/i),
  nothing(/^(?:no )?(?:object-group network|group-object) \S+$/),

  // networkpolicy and cilium-cidrgroup.
  one(/^- "([^"\s]+)"$/),
  one(/^- ipBlock: \{cidr: "([^"\s]+)"\}$/),
  nothing(/^apiVersion: (?:networking\.k8s\.io|cilium\.io)\/\w+$/),
  nothing(/^kind: (?:NetworkPolicy|CiliumCIDRGroup)$/),
  nothing(/^(?:metadata|labels|spec|externalCIDRs|podSelector|matchLabels|egress|to|- ports):$/),
  nothing(/^(?:name|rangewarden\/allowlist): "[\w.-]+"$/),
  nothing(/^policyTypes: \["Egress"\]$/),
  nothing(/^- \{protocol: "TCP", port: \d+\}$/),

  // mikrotik: its script knows networks only in two arrays.
  one(/^"([^"\s]+)"=1;$/),
  nothing(/^:(?:local|foreach|do|set|if|error) .*\brw[A-Z]/),
]
