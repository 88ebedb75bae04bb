/** Rules that settings keep together: each alone may be as it is. */
import type { Given } from './layers.ts'
import * as rules from './rules.ts'

/** What was given, by the settings' keys. */
export interface GivenTogether {
  get(
    key: 'role' | 'databaseUrl' | 'tlsCert' | 'tlsKey' | 'adminToken' | 'readTokens',
  ): Given | undefined
}

/** One sentence for each rule that is broken. */
export function brokenTogether(given: GivenTogether): string[] {
  return [...rolesAlone(given), ...halfAPair(given), ...sharedToken(given)]
}

function rolesAlone(given: GivenTogether): string[] {
  const role = given.get('role')
  if (!role || role.value === 'all' || given.get('databaseUrl')) return []
  return [
    `${role.label} "${role.value}": roles are split between processes on one PostgreSQL, and ` +
      'DATABASE_URL is not set',
  ]
}

function halfAPair(given: GivenTogether): string[] {
  const [cert, key] = [given.get('tlsCert'), given.get('tlsKey')]
  const half = cert ?? key
  if (!half || (cert && key)) return []
  const missing = cert ? 'RANGEWARDEN_TLS_KEY' : 'RANGEWARDEN_TLS_CERT'
  return [
    `${half.label} "${half.value}": a certificate and its key are needed, and ${missing} is not set`,
  ]
}

function sharedToken(given: GivenTogether): string[] {
  const [admin, read] = [given.get('adminToken'), given.get('readTokens')]
  if (!admin || !read || !isAmong(admin.value, read.value)) return []
  return [
    `${read.label} (value hidden): must not be or hold the token of ${admin.label}, or whoever ` +
      'reads could change lists',
  ]
}

function isAmong(token: string, texts: string): boolean {
  const tokens = rules.tokens(texts)
  return tokens.ok && tokens.value.includes(token)
}
