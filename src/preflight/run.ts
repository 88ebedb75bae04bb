/** Makes the checks, a few at a time, each within its time. */
import { lookup } from 'node:dns/promises'
import { rootCertificates } from 'node:tls'
import type { ConnectorProxy } from '../core/connector-proxy.ts'
import { RangewardenError } from '../core/errors.ts'
import { getThrough, hearProxy, openTunnel, type Asked } from './ask-proxy.ts'
import type { Check, Finding, Judgement } from './contract.ts'
import { dial } from './dial.ts'
import { localNames, type KnownAddresses, type LocalNames, type Resolve } from './local-names.ts'
import { shakeHands } from './shake-hands.ts'
import { judgeDial, judgeGet, judgeTunnel, type Answer } from './verdicts.ts'

/** Enough to be done soon, and no load to anybody. */
const AT_A_TIME = 4

const TLS_PORT = 443

/** What a preflight uses of the host it runs on. */
export interface Host {
  readonly resolve: Resolve
  /** PEM certificates of the public authorities. */
  readonly publicRoots: readonly string[]
}

/** The authorities that came with Node, whatever this machine was told to trust besides. */
export const thisHost: Host = {
  publicRoots: rootCertificates,
  async resolve(name) {
    try {
      return (await lookup(name, { all: true })).map(({ address }) => address)
    } catch (error) {
      // A host behind a proxy need not resolve public names: an answer, not a fault. Node has this
      // code for a name that does not exist or has no address; any other says nothing of the name.
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return []
      throw error
    }
  },
}

export interface PreflightDeps {
  readonly proxy: ConnectorProxy
  readonly host: Host
  readonly timeoutMs: number
  /** Ends all that is under way; what is not done is left out. */
  readonly stop: AbortSignal
  readonly onFinding?: (done: number, finding: Finding) => void
}

export interface Preflight {
  /** Of the checks that were made, in their order. */
  readonly findings: readonly Finding[]
  /** What this host resolves itself, which a connector behind a proxy need not. */
  readonly addresses: KnownAddresses
}

/**
 * @throws RangewardenError `upstream-unavailable` if the proxy itself does not answer: then no
 *   check would say more
 */
export async function runPreflight(
  checks: readonly Check[],
  deps: PreflightDeps,
): Promise<Preflight> {
  const { stop, onFinding } = deps
  const voice = await voiceOf(deps)
  const names = localNames(deps.host.resolve, deps.timeoutMs, stop)
  const findings = new Map<Check, Finding>()
  const waiting = voice === undefined ? [] : [...checks]
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check && voice; check = waiting.shift()) {
      const finding = { check, ...(await judge(check, voice, names, deps)) }
      if (stop.aborted) return
      findings.set(check, finding)
      onFinding?.(findings.size, finding)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return {
    findings: checks.flatMap((check) => findings.get(check) ?? []),
    addresses: await names.known(),
  }
}

/** Undefined if it was stopped. */
async function voiceOf({ proxy, timeoutMs, stop }: PreflightDeps): Promise<Answer | undefined> {
  const heard = await hearProxy(proxy, limited(timeoutMs, stop))
  if (stop.aborted) return undefined
  if (heard.kind === 'answer') return heard.answer
  const what = heard.isConnected ? 'takes connections but does not answer' : 'cannot be reached'
  throw new RangewardenError(
    'upstream-unavailable',
    `the proxy ${proxy.url} ${what}: ${heard.reason}`,
    { proxy: proxy.url },
  )
}

async function judge(
  check: Check,
  voice: Answer,
  names: LocalNames,
  { proxy, host, timeoutMs, stop }: PreflightDeps,
): Promise<Judgement> {
  const { method, name, path = '/', ports, isTestable } = check
  if (!isTestable) return unnamed(name)
  const port = ports[0]?.first ?? TLS_PORT
  const limit = limited(timeoutMs, stop)
  const local = names.resolve(name)
  if (method === 'DIRECT') {
    const own = await local
    if (!own.ok) return { verdict: 'not-testable', reason: own.reason }
    return judgeDial(await dial(own.value, port, limited(timeoutMs, stop)))
  }
  if (method === 'CONNECT') {
    return judgeConnect(proxy, { name, port, publicRoots: host.publicRoots }, limit)
  }
  const asked = await getThrough(proxy, name, path, limit)
  return asked.kind === 'answer' ? judgeGet(asked.answer, name, voice) : unanswered(asked)
}

interface TunnelEnd {
  readonly name: string
  readonly port: number
  readonly publicRoots: readonly string[]
}

async function judgeConnect(
  proxy: ConnectorProxy,
  { name, port, publicRoots }: TunnelEnd,
  signal: AbortSignal,
): Promise<Judgement> {
  const asked = await openTunnel(proxy, `${name}:${port}`, signal)
  if (asked.kind === 'no-answer') return unanswered(asked)
  const { tunnel } = asked.answer
  const opened = judgeTunnel(asked.answer)
  if (!tunnel) return opened
  try {
    if (port !== TLS_PORT) return opened
    return { status: asked.answer.status, ...(await shakeHands(tunnel, name, publicRoots, signal)) }
  } finally {
    tunnel.destroy()
  }
}

function unnamed(wildcard: string): Judgement {
  const example = wildcard.replace('*', 'NAME')
  return { verdict: 'not-testable', reason: `give a name it covers: --name ${example}` }
}

function unanswered({ reason }: Extract<Asked<unknown>, { kind: 'no-answer' }>): Judgement {
  return { verdict: 'no-answer', reason }
}

/** Not set aside for as long as the limit: the process may end before. */
function limited(timeoutMs: number, stop: AbortSignal): AbortSignal {
  return AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
}
