/**
 * Which URLs a webhook may have: what can be said of one without asking the DNS. It is asked when a
 * URL is stored and again for every attempt, as the allowed networks may be others by then.
 */
import { accept, refuse, type Result } from '../core/result.ts'
import type { AddressGuard, Verdict } from './address-guard.ts'

const MOST_CHARACTERS = 2048

/** Answered by clouds' metadata services: a proxy would resolve them for itself. */
const METADATA_NAMES: readonly string[] = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]

/**
 * The refusal names the rule and at most the host: the rest of a webhook's URL may be a secret. Plain
 * http is for allowed networks; whether a name leads there is seen when it is resolved.
 */
export function checkWebhookUrl(text: string, guard: AddressGuard): Result<URL> {
  const form = 'a webhook has a URL of the form https://HOST/PATH'
  if (text.length > MOST_CHARACTERS) {
    return refuse(`at most ${MOST_CHARACTERS} characters; this URL has ${text.length}`)
  }
  // The parser below forgives spaces, line breaks, backslashes and missing slashes: others do not.
  if (/[\s\p{Cc}\\]/u.test(text)) return refuse(`${form}, without spaces or backslashes`)
  if (!/^https?:\/\/[^/]/i.test(text)) return refuse(form)
  const url = URL.parse(text)
  if (!url) return refuse(form)
  const { protocol, username, password, hostname, href } = url
  if (username !== '' || password !== '') return refuse(`${form}, without user and password`)
  if (href.includes('#')) return refuse(`${form}, without a fragment: it would not be sent`)
  if (href.length > MOST_CHARACTERS) {
    return refuse(`at most ${MOST_CHARACTERS} characters; encoded, this URL has ${href.length}`)
  }
  if (/^\.|\.\./.test(hostname)) return refuse(`${hostname}: a host name has no empty labels`)
  const verdict = verdictOfHost(hostname, guard)
  if (verdict?.ok === false) return refuse(verdict.reason)
  if (protocol === 'http:' && !(verdict?.isInside ?? guard.allowsAny)) {
    return refuse(`${hostname}: plain http reaches the networks of RANGEWARDEN_WEBHOOK_ALLOW only`)
  }
  return accept(url)
}

/** The address that a URL's host is, without brackets; undefined for a name. */
export function addressOfHost(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  // Whatever ends in a number is an IPv4 address to the parser, which writes it dotted.
  return /^\d+(?:\.\d+){3}$/.test(hostname) ? hostname : undefined
}

/** Undefined for a name that has to be resolved first. */
function verdictOfHost(hostname: string, guard: AddressGuard): Verdict | undefined {
  const address = addressOfHost(hostname)
  if (address !== undefined) return guard.verdict(address)
  const name = hostname.replace(/\.$/, '')
  if (METADATA_NAMES.includes(name)) {
    return { ok: false, reason: `${hostname} is a cloud's metadata service` }
  }
  // RFC 6761 section 6.3: it is loopback, whatever a resolver says.
  if (name !== 'localhost' && !name.endsWith('.localhost')) return undefined
  const loopback = ['127.0.0.1', '::1'].map((text) => guard.verdict(text))
  return loopback.some(({ ok }) => ok) ? undefined : loopback[0]
}
