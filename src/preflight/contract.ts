/** What the preflight checks and what it finds: the words that its callers print and count. */
import type { Cloud } from '../core/cloud.ts'
import type { PortRange } from '../core/endpoint-rule.ts'
import type { Phase } from '../endpoints/contract.ts'

/** CONNECT and GET go through the proxy; DIRECT goes past it, and should fail. */
export type Method = 'CONNECT' | 'GET' | 'DIRECT'

/**
 * The verdicts, the same words as in the PowerShell twin of these checks, which has one more for a
 * proxy whose own name does not resolve: here that ends the command.
 *
 * - `ok`: as the connector needs it
 * - `proxy-authentication`: the proxy asks for a password (407), which the connector cannot give
 * - `policy-refused`: the proxy does not let it through
 * - `unreachable`: the proxy cannot reach or resolve the host, or reaches another one
 * - `inspected`: the certificate in the tunnel is of no public authority
 * - `no-answer`: nothing came, or nothing that can be read
 * - `goes-around`: a direct connection succeeds where it must be refused
 * - `silently-dropped`: a direct connection is not refused but left waiting
 * - `not-testable`: a wildcard for which no name was given, or a direct connection to a name of
 *   which this host could not find out the addresses
 */
export const VERDICTS = [
  'ok',
  'proxy-authentication',
  'policy-refused',
  'unreachable',
  'inspected',
  'no-answer',
  'goes-around',
  'silently-dropped',
  'not-testable',
] as const

export type Verdict = (typeof VERDICTS)[number]

/** One thing to try. */
export interface Check {
  readonly method: Method
  /** The host that is asked for; of a wildcard without a name, the wildcard itself. */
  readonly name: string
  /** The catalogue's name that asks for it. */
  readonly required: string
  /** One port, unless it is not testable. */
  readonly ports: readonly PortRange[]
  /** Of a GET. */
  readonly path: string | undefined
  readonly phase: Phase
  readonly isTestable: boolean
}

/** What came of a try. */
export interface Judgement {
  readonly verdict: Verdict
  /** A sentence without its full stop, printable ASCII. */
  readonly reason: string
  /** Status of the answer; undefined if none came, or nobody was asked. */
  readonly status?: number | undefined
  /** Who issued the certificate in the tunnel, where it is no public authority. */
  readonly issuer?: string | undefined
}

export interface Finding extends Judgement {
  readonly check: Check
}

export interface PreflightWish {
  readonly cloud: Cloud
  /** Connectors older than 1.5.132.0 too. */
  readonly isLegacy: boolean
  /** Hosts to test wildcards with. */
  readonly names: readonly string[]
}
