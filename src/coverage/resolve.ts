/** Asks a DNS server for all addresses of a name, and by which other names it came to them. */
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf } from '../core/errors.ts'
import { accept, refuse, type Result } from '../core/result.ts'

/** What is asked; `cancel` ends all questions under way. */
export type DnsClient = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveCname' | 'cancel'>

export interface Resolution {
  /** IPv4 first, each in the server's order. */
  readonly addresses: readonly string[]
  /** The names behind the name, nearest first. */
  readonly chain: readonly string[]
  /** Why there are no addresses, or maybe more of them than these. */
  readonly failure: string | undefined
}

/** Longer ones are loops, or nobody's business. */
const MAX_CHAIN = 8

/** Not there, as opposed to not known: a name of one family alone is resolved. */
const NOTHING: readonly string[] = ['ENODATA', 'ENOTFOUND']

export interface DnsOptions {
  /** `192.0.2.53`, `192.0.2.53:5353` or `[2001:db8::53]:5353`; undefined: as this host does. */
  readonly server: string | undefined
  readonly timeoutMs: number
}

export function createDnsClient({ server, timeoutMs }: DnsOptions): DnsClient {
  const client = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (server !== undefined) client.setServers([server])
  return client
}

/** An address with or without a port; a name would have to be resolved first. */
export function parseDnsServer(text: string): Result<string> {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text)
  const plain = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text)
  const [, address = text, port = '53'] = bracketed ?? plain ?? []
  const family = isIP(address)
  const isPort = Number(port) > 0 && Number(port) <= 65_535
  if (isPort && (family === 6 ? !plain : family === 4 && !bracketed)) {
    return accept(family === 6 ? `[${address}]:${port}` : `${address}:${port}`)
  }
  return refuse('a DNS server is an address, with a port if not 53: 192.0.2.53:5353')
}

/** The answers of both families. One that was not answered may have addresses that nobody saw. */
export async function resolveName(client: DnsClient, name: string): Promise<Resolution> {
  const [v4, v6] = await Promise.allSettled([client.resolve4(name), client.resolve6(name)])
  const addresses = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const failure = failureOf(failureIn(v4), failureIn(v6))
  if (addresses.length > 0) return { addresses, failure, chain: await chainOf(client, name) }
  return { addresses, failure: failure ?? 'no such name, or no address', chain: [] }
}

function failureOf(v4: string | undefined, v6: string | undefined): string | undefined {
  if (v4 === v6) return v4
  const failures = [v4 && `IPv4: ${v4}`, v6 && `IPv6: ${v6}`]
  return failures.filter((one) => one !== undefined).join(', ')
}

/** Undefined for a family that was answered, be it with nothing. */
function failureIn(answer: PromiseSettledResult<unknown>): string | undefined {
  if (answer.status === 'fulfilled') return undefined
  const reason: unknown = answer.reason
  const code = (reason as NodeJS.ErrnoException).code ?? ''
  if (NOTHING.includes(code)) return undefined
  if (code === 'ETIMEOUT') return 'the DNS server does not answer'
  return code === '' ? messageOf(reason) : `the DNS server fails (${code})`
}

async function chainOf(client: DnsClient, name: string): Promise<string[]> {
  const chain: string[] = []
  while (chain.length < MAX_CHAIN) {
    const next = await aliasOf(client, chain.at(-1) ?? name)
    if (next === undefined || chain.includes(next)) break
    chain.push(next)
  }
  return chain
}

/** The chain is told for information: a server that does not tell it spoils nothing. */
async function aliasOf(client: DnsClient, name: string): Promise<string | undefined> {
  try {
    const [alias] = await client.resolveCname(name)
    return alias?.toLowerCase()
  } catch {
    return undefined
  }
}
