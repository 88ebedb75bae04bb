/**
 * Connections to nothing but judged addresses. A name is resolved once for each connection, every
 * address of the answer is judged, and exactly those that pass are dialled: a name that answers
 * differently the next time gains nothing. The other end is judged once more when it is there.
 */
import { lookup as resolve } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressGuard } from './address-guard.ts'

/** All addresses of a name, in any order; rejects where there is none or the DNS does not answer. */
export type Lookup = (hostname: string) => Promise<readonly string[]>

/** As every other program of this host resolves. */
export async function systemLookup(hostname: string): Promise<readonly string[]> {
  const found = await resolve(hostname, { all: true })
  return found.map(({ address }) => address)
}

/** Nothing was sent: each address that a host has is one that no request may go to. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export interface GuardedConnectOptions {
  readonly guard: AddressGuard
  readonly lookup: Lookup
  /** For the name, the connection and TLS together. Milliseconds. */
  readonly connectMs: number
  /** Authorities to trust in place of Node's, as PEM. */
  readonly ca: string | undefined
  /** Ends connections that are still being made. */
  readonly signal: AbortSignal
}

/** After that long the next address is tried: a family that is not routed must not cost it all. */
const ONE_ADDRESS_MS = 2500

/** For undici's `connect`. Fails with `AddressRefused` where no address may be reached. */
export function createGuardedConnect(options: GuardedConnectOptions): buildConnector.connector {
  const { guard, lookup, connectMs: timeout, ca, signal } = options

  function connector(isPlain: boolean): buildConnector.connector {
    const dial = buildConnector({
      timeout,
      signal,
      lookup: judgedLookup(lookup, (addresses) => permitted(addresses, guard, isPlain)),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ONE_ADDRESS_MS,
      ...(ca === undefined ? {} : { ca }),
    })
    return (target, callback) => {
      const refusal = isIP(target.hostname) === 0 ? undefined : against(target.hostname, isPlain)
      if (refusal) return process.nextTick(callback, refusal, null)
      dial(target, (...[error, socket]) => {
        if (error) return callback(error, null)
        const late = against(socket.remoteAddress ?? '', isPlain)
        if (!late) return callback(null, socket)
        socket.destroy()
        callback(late, null)
      })
    }
  }

  function against(address: string, isPlain: boolean): AddressRefused | undefined {
    const { passed, reasons } = permitted([address], guard, isPlain)
    return passed.length > 0 ? undefined : new AddressRefused(reasons.join('; '))
  }

  const [plain, secure] = [connector(true), connector(false)]
  return (target, callback) => (target.protocol === 'http:' ? plain : secure)(target, callback)
}

export interface Permitted {
  readonly passed: readonly string[]
  /** Why the others did not. */
  readonly reasons: readonly string[]
}

/** Plain http may reach only what is inside an allowed network. */
export function permitted(
  addresses: readonly string[],
  guard: AddressGuard,
  isPlain: boolean,
): Permitted {
  const passed: string[] = []
  const reasons: string[] = []
  for (const address of addresses) {
    const verdict = guard.verdict(address)
    if (!verdict.ok) reasons.push(verdict.reason)
    else if (isPlain && !verdict.isInside) {
      reasons.push(`plain http to ${address}, which RANGEWARDEN_WEBHOOK_ALLOW does not hold`)
    } else passed.push(address)
  }
  return { passed, reasons }
}

function judgedLookup(
  lookup: Lookup,
  judge: (addresses: readonly string[]) => Permitted,
): LookupFunction {
  async function judged(hostname: string): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
    const { passed, reasons } = judge(await lookup(hostname))
    const [first, ...rest] = passed.map((address) => ({ address, family: isIP(address) }))
    if (first) return [first, ...rest]
    if (reasons.length === 0) throw new Error(`${hostname} has no address`)
    throw new AddressRefused(`${hostname}: ${reasons.join('; ')}`)
  }
  return (hostname, { all }, callback) => {
    judged(hostname).then(
      (found) => {
        if (all) callback(null, [...found])
        else callback(null, found[0].address, found[0].family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), []),
    )
  }
}
