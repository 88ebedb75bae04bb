/** Certificate authorities and certificates of a test's own, made by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsIdentity } from './publisher.ts'
import { program, type Requirement } from './requirements.ts'

export interface Authority {
  /** Its own, as PEM. */
  readonly cert: string
  readonly key: string
  /** A certificate for the names, wildcards among them; `days` from now, also negative. */
  issue(names: readonly string[], days?: number): TlsIdentity
}

/** Whoever asks for an authority needs it. */
export const openssl: Requirement = program('openssl')

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const NO_PAIR = { cert: '', key: '' }
const NO_AUTHORITY: Authority = { ...NO_PAIR, issue: () => NO_PAIR }

/** Without `openssl` one of empty texts, so that a file of tests can be read and its suites skipped. */
export function makeAuthority(name: string): Authority {
  if (openssl.missing !== undefined) return NO_AUTHORITY
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-ca-'))
  try {
    const at = (file: string): string => join(folder, file)
    runOpenssl(
      'req',
      '-x509',
      ...KEY,
      '-keyout',
      at('key'),
      '-out',
      at('cert'),
      '-subj',
      `/CN=${name}`,
    )
    const authority = { cert: read(at('cert')), key: read(at('key')) }
    return { ...authority, issue: (names, days = 2) => issue(authority, names, days) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function issue(authority: TlsIdentity, names: readonly string[], days: number): TlsIdentity {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-cert-'))
  try {
    const at = (file: string): string => join(folder, file)
    writeFileSync(at('ca.cert'), authority.cert)
    writeFileSync(at('ca.key'), authority.key)
    const alternatives = names.map((name) => `DNS:${name}`).join(',')
    writeFileSync(at('extensions'), `subjectAltName=${alternatives}\n`)
    runOpenssl('req', ...KEY, '-keyout', at('key'), '-out', at('request'), '-subj', '/CN=leaf')
    const ca = ['-CA', at('ca.cert'), '-CAkey', at('ca.key'), '-CAcreateserial']
    const out = ['-out', at('cert'), '-days', String(days), '-extfile', at('extensions')]
    runOpenssl('x509', '-req', '-in', at('request'), ...ca, ...out)
    return { cert: read(at('cert')), key: read(at('key')) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function runOpenssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' })
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}
