/**
 * Whether a request goes through a proxy, and what can be judged of it then. A proxy resolves names
 * itself, and whom it connects to is its own rule: what this host knows of a name is only a hint.
 */
import { messageOf } from '../core/errors.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import type { ProxySettings } from '../sources/dispatcher.ts'
import type { AddressGuard } from './address-guard.ts'
import { permitted, type Lookup } from './guarded-connect.ts'
import { addressOfHost } from './webhook-url.ts'

/** By the rules of undici's EnvHttpProxyAgent, which every other request of this service follows. */
export function isProxied(url: URL, { httpsProxy, httpProxy, noProxy }: ProxySettings): boolean {
  const proxy = url.protocol === 'https:' ? httpsProxy || httpProxy : httpProxy
  if (!proxy) return false
  if (noProxy === '*') return false
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const excepted = (noProxy ?? '').split(/[,\s]/).filter((entry) => entry !== '')
  return !excepted.some((entry) => {
    const [, name = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? []
    if (only !== undefined && Number(only) !== 0 && Number(only) !== port) return false
    const host = name.replace(/^\*?\./, '').toLowerCase()
    return url.hostname === host || url.hostname.endsWith(`.${host}`)
  })
}

export interface ProxyQuestion {
  readonly guard: AddressGuard
  readonly lookup: Lookup
  /** How long a name is looked up: where names are the proxy's, nobody answers. Milliseconds. */
  readonly lookupMs: number
}

/**
 * Why a proxy is not asked for a URL that `checkWebhookUrl` accepted; undefined if nothing is against
 * it. A name that this host resolves to any forbidden address is refused, since the proxy may pick
 * that one; a name that is not resolved here is left to the proxy. Plain http needs a name whose
 * addresses are all inside.
 */
export async function refusalThroughProxy(
  url: URL,
  { guard, lookup, lookupMs }: ProxyQuestion,
): Promise<string | undefined> {
  const { hostname } = url
  if (addressOfHost(hostname) !== undefined) return undefined
  const isPlain = url.protocol === 'http:'
  const found = await withinTime(lookup, hostname, lookupMs)
  if (!found.ok) {
    return isPlain
      ? `plain http through a proxy to ${hostname}, which is not resolved here: ${found.reason}`
      : undefined
  }
  const { reasons } = permitted(found.value, guard, isPlain)
  return reasons.length > 0 ? `${hostname}: ${reasons.join('; ')}` : undefined
}

async function withinTime(
  lookup: Lookup,
  hostname: string,
  ms: number,
): Promise<Result<readonly string[]>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Result<never>>((resolve) => {
    timer = setTimeout(() => resolve(refuse(`no answer within ${ms} ms`)), ms)
  })
  const asked = lookup(hostname).then(
    (addresses) => (addresses.length > 0 ? accept(addresses) : refuse('no address')),
    (error: unknown) => refuse(messageOf(error)),
  )
  const answer = await Promise.race([asked, late])
  clearTimeout(timer)
  return answer
}
