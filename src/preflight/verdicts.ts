/**
 * What answers mean, as the connector article's troubleshooting section has it: 200 is good, 407 is
 * a proxy that wants authentication, 403 its policy, 500, 502 and 503 that it cannot reach or
 * resolve. Pure.
 */
import { needsHost } from '../../exporters/parts/connector-preflight-needs.ts'
import type { Finding, Judgement, Verdict } from './contract.ts'

/** What of an answer tells who wrote it and what it says. */
export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Verdicts that are not well. A silent drop is one: the connector works, but waits for its direct
 * attempts before it falls back to the proxy, which is the symptom the article describes. What
 * could not be tested is none, and not well either where it counts (leavesOpen).
 */
const FAULTS: readonly Verdict[] = [
  'proxy-authentication',
  'policy-refused',
  'unreachable',
  'inspected',
  'no-answer',
  'goes-around',
  'silently-dropped',
]

export function isFault(verdict: Verdict): boolean {
  return FAULTS.includes(verdict)
}

/**
 * Whether nothing is known of what the connector cannot do without: then a result without a fault
 * is no good one.
 */
export function leavesOpen({ check, verdict }: Finding): boolean {
  if (verdict !== 'not-testable') return false
  return check.method === 'DIRECT' || needsHost({ name: check.required, phase: check.phase })
}

/** Of the answer to CONNECT: it is always the proxy's own. */
export function judgeTunnel(answer: Answer): Judgement {
  if (isGood(answer)) {
    return { verdict: 'ok', reason: 'the proxy opens a tunnel', status: answer.status }
  }
  return judgeRefusal(answer) ?? refusedByPolicy(answer)
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/**
 * Of the answer to GET: the proxy's, or the host's, which may itself refuse what it was asked for.
 * @param voice an answer that is certainly the proxy's own
 */
export function judgeGet(answer: Answer, name: string, voice: Answer): Judgement {
  const { status } = answer
  const author = authorOf(answer, voice)
  const elsewhere = redirectedHost(answer, name)
  if (elsewhere !== undefined) {
    const reason = `${status} sends to ${elsewhere}, as block pages and sign-in pages do`
    return { verdict: 'policy-refused', reason, status }
  }
  // A signature of many, such as nginx, makes no good answer a refusal.
  if (isGood(answer) && !namesItself(answer)) {
    return { verdict: 'ok', reason: 'the host answers', status }
  }
  if (author === 'proxy' || status >= 500 || status === 407) {
    return judgeRefusal(answer) ?? refusedByPolicy(answer)
  }
  if (status === 403 && author === 'unknown') {
    return { verdict: 'policy-refused', reason: '403, from the proxy or from the host', status }
  }
  return { verdict: 'ok', reason: `the host itself answers, with ${status}`, status }
}

/** Undefined for what is the proxy's policy, or what nobody foresaw. */
function judgeRefusal(answer: Answer): Judgement | undefined {
  const { status } = answer
  if (status === 407) {
    const reason = 'the proxy wants authentication, which the connector cannot give'
    return { verdict: 'proxy-authentication', reason, status }
  }
  if (status < 500 || status === 501 || status === 505) return undefined
  const reason = `the proxy cannot reach or resolve the host${saying(answer)}`
  return { verdict: 'unreachable', reason, status }
}

function refusedByPolicy(answer: Answer): Judgement {
  const { status } = answer
  return { verdict: 'policy-refused', reason: `the proxy refuses it${saying(answer)}`, status }
}

/** The word of the proxy for it: `ERR_ACCESS_DENIED` of Squid, `error=` of RFC 9209. */
function saying({ headers }: Answer): string {
  const squid = /^ERR_\w+/.exec(headers['x-squid-error'] ?? '')?.[0]
  const word = squid ?? /;\s*error=([a-z_]+)/.exec(headers['proxy-status'] ?? '')?.[1]
  return word === undefined ? '' : ` (${printable(word)})`
}

/**
 * Whose an answer is. A proxy that names itself in its errors is believed; otherwise who signs
 * (`Server`) like the proxy's own answer is the proxy, and who signs differently is the host.
 */
function authorOf(answer: Answer, voice: Answer): 'proxy' | 'host' | 'unknown' {
  if (namesItself(answer)) return 'proxy'
  const [theirs, own] = [answer.headers['server'], voice.headers['server']]
  if (theirs === own) return theirs === undefined ? 'unknown' : 'proxy'
  // A proxy may leave `Server` out of its own answers, and hosts may have none.
  return theirs === undefined ? 'unknown' : 'host'
}

/** Proxy-Status without an error also stands in answers that a proxy hands on (RFC 9209, 2). */
function namesItself({ headers }: Answer): boolean {
  return headers['x-squid-error'] !== undefined || /;\s*error=/.test(headers['proxy-status'] ?? '')
}

/** Where a redirect leaves the site of the name: certificate hosts do not send anybody away. */
function redirectedHost({ status, headers }: Answer, name: string): string | undefined {
  const location = headers['location']
  if (status < 300 || status > 399 || location === undefined) return undefined
  const base = `http://${name}/`
  if (!URL.canParse(location, base)) return undefined
  const { hostname } = new URL(location, base)
  return siteOf(hostname) === siteOf(name) ? undefined : printable(hostname)
}

/** The last two labels: enough for names under .com, .net and .us. */
function siteOf(name: string): string {
  return name.split('.').slice(-2).join('.')
}

/** How a direct attempt ended. */
export type DialOutcome = 'connected' | 'refused' | 'unanswered' | 'unresolved'

const BY_OUTCOME: Readonly<Record<DialOutcome, Judgement>> = {
  connected: {
    verdict: 'goes-around',
    reason: 'a direct connection succeeds: traffic will go around the proxy',
  },
  refused: { verdict: 'ok', reason: 'a direct connection is refused at once' },
  unanswered: {
    verdict: 'silently-dropped',
    reason: 'no answer: delays the fall back to 443; refuse with a TCP reset instead',
  },
  // A name that nobody has is found out by asking the proxy for it.
  unresolved: { verdict: 'ok', reason: 'this host does not resolve it: nothing goes directly' },
}

export function judgeDial(outcome: DialOutcome): Judgement {
  return BY_OUTCOME[outcome]
}

const MAX_PRINTABLE = 100

/** What a stranger wrote, fit for a terminal: one short line of printable ASCII. */
export function printable(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return plain.length > MAX_PRINTABLE ? `${plain.slice(0, MAX_PRINTABLE)}...` : plain
}
