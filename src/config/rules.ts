/** The rules of the settings' texts: text in, value or broken rule out. No environment, no files. */
import { validateDetailed } from 'node-cron'
import { parseAddress } from '../core/address.ts'
import { CLOUDS, isCloud, type Cloud } from '../core/cloud.ts'
import { commaList } from '../core/comma-list.ts'
import { parseConnectorProxy } from '../core/connector-proxy.ts'
import { parseGuardPolicies } from '../core/guard-policy.ts'
import { isNameOrIPv4 } from '../core/host.ts'
import { parseNftablesTable } from '../core/nftables-table.ts'
import { parsePrefix, type Prefix } from '../core/prefix.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import { suggestion } from '../core/nearest-name.ts'
import { parseSource } from '../sources/index.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

export function clouds(text: string): Result<readonly Cloud[]> {
  const found: Cloud[] = []
  for (const name of commaList(text)) {
    if (!isCloud(name)) {
      const rule = `"${name}" is none of ${CLOUDS.join(', ')}`
      return refuse(rule + suggestion(name, CLOUDS))
    }
    if (found.includes(name)) return refuse(`${name} is named twice`)
    found.push(name)
  }
  return found.length > 0 ? accept(Object.freeze(found)) : refuse('at least one cloud is followed')
}

export function schedule(text: string): Result<string> {
  const { valid, errors } = validateDetailed(text)
  if (valid) return accept(text)
  const why = errors.map(({ message }) => message).join('; ')
  return refuse(`not a node-cron expression: ${why}`)
}

export function source(text: string): Result<string> {
  const parsed = parseSource(text)
  return parsed.ok ? accept(text) : parsed
}

export function guard(text: string): Result<string> {
  const parsed = parseGuardPolicies(text)
  return parsed.ok ? accept(text) : parsed
}

export function connectorProxy(text: string): Result<string> {
  const parsed = parseConnectorProxy(text)
  return parsed.ok ? accept(parsed.value.url) : parsed
}

export function nftablesTable(text: string): Result<string> {
  const parsed = parseNftablesTable(text)
  return parsed.ok ? accept(text) : parsed
}

/** One origin: its paths are the publisher's own. */
export function origin(text: string): Result<string> {
  const rule = 'one origin, written https://HOST or http://HOST:PORT, without path or password'
  if (!URL.canParse(text)) return refuse(rule)
  const { protocol, username, password, pathname, search, hash, origin } = new URL(text)
  const plain = username + password + search + hash === '' && pathname === '/'
  return isHttp(protocol) && plain ? accept(origin) : refuse(rule)
}

export function proxyUrl(text: string): Result<string> {
  const rule = 'a proxy is written http://HOST:PORT or http://USER:PASSWORD@HOST:PORT'
  if (!URL.canParse(text)) return refuse(rule)
  const { protocol, pathname, search, hash } = new URL(text)
  return isHttp(protocol) && pathname + search + hash === '/' ? accept(text) : refuse(rule)
}

export function host(text: string): Result<string> {
  if (parseAddress(text).ok || isNameOrIPv4(text)) return accept(text)
  return refuse('an IPv4 or IPv6 address (without brackets) or a host name')
}

/** What a process does; see `serve`. */
export const ROLES = ['all', 'api', 'worker'] as const

export type Role = (typeof ROLES)[number]

export function role(text: string): Result<Role> {
  const found = ROLES.find((known) => known === text)
  return found === undefined ? refuse(`one of ${ROLES.join(', ')}`) : accept(found)
}

/** Longer than any load balancer needs to notice, and than Kubernetes waits by default. */
const MOST_DRAIN_SECONDS = 300

export function drainSeconds(text: string): Result<number> {
  const number = decimal(text)
  return number !== undefined && number <= MOST_DRAIN_SECONDS
    ? accept(number)
    : refuse(`a whole number of seconds from 0 to ${MOST_DRAIN_SECONDS}`)
}

export function days(text: string): Result<number> {
  const number = decimal(text)
  return number !== undefined && number >= 1 && number <= 36_500
    ? accept(number)
    : refuse('a whole number of days from 1 to 36500')
}

/** Networks of the operator's own, which webhooks may reach. */
export function networks(text: string): Result<readonly Prefix[]> {
  const found: Prefix[] = []
  for (const item of commaList(text)) {
    const whole = item.includes('/') ? item : `${item}/${item.includes(':') ? 128 : 32}`
    const prefix = parsePrefix(whole)
    if (!prefix.ok) return refuse(`"${item}": ${prefix.reason}`)
    found.push(prefix.value)
  }
  return found.length > 0 ? accept(Object.freeze(found)) : refuse('at least one network')
}

export function port(text: string): Result<number> {
  const number = decimal(text)
  return number !== undefined && number <= 65_535
    ? accept(number)
    : refuse('a port is a whole number from 0 (any free one) to 65535')
}

export function postgresUrl(text: string): Result<string> {
  return /^postgres(?:ql)?:\/\/[\x21-\x7e]+$/.test(text)
    ? accept(text)
    : refuse('written postgresql://USER:PASSWORD@HOST:PORT/DATABASE')
}

/** It is sent in an Authorization header, which carries nothing else. */
export function token(text: string): Result<string> {
  return /^[\x21-\x7e]+$/.test(text)
    ? accept(text)
    : refuse('a token is printable ASCII without spaces')
}

/** Several, so that one can be replaced by the next without a moment at which neither is right. */
export function tokens(text: string): Result<readonly string[]> {
  const found = commaList(text)
  for (const one of found) {
    const checked = token(one)
    if (!checked.ok) return checked
  }
  return found.length > 0 ? accept(Object.freeze(found)) : refuse('at least one token')
}

/** Requests a minute. */
export function rateLimit(text: string): Result<number> {
  const number = decimal(text)
  return number !== undefined
    ? accept(number)
    : refuse('a whole number of requests a minute, or 0 for no limit')
}

export function onOrOff(text: string): Result<boolean> {
  if (text === 'on' || text === 'off') return accept(text === 'on')
  return refuse('on or off')
}

export function logLevel(text: string): Result<LogLevel> {
  const level = LOG_LEVELS.find((known) => known === text)
  return level === undefined ? refuse(`one of ${LOG_LEVELS.join(', ')}`) : accept(level)
}

export function path(text: string): Result<string> {
  return text.includes('\0') ? refuse('a path has no zero byte') : accept(text)
}

/** Left to the HTTP client: entries it does not know are common, and do no harm. */
export function hostList(text: string): Result<string> {
  return /^[\x20-\x7e\t]+$/.test(text) ? accept(text) : refuse('a list of hosts, in ASCII')
}

function isHttp(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'http:'
}

function decimal(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined
}
