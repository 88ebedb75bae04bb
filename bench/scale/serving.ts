/**
 * What a request for a list costs the processor of a replica, by how it comes: over a connection that
 * stays open (a CDN, a reverse proxy), over one of its own (a device that asks every few minutes), or
 * through a proxy that says who the client is.
 */
import { median } from '../measure.ts'
import type { Costs } from './costs.ts'
import { load, type Load, type LoadWish } from './load.ts'
import { processorMs } from './processor.ts'
import type { Service } from './service.ts'

const CLIENTS = 10
const ROUND_MS = 600
const ROUNDS = 3
const WARM_UP = 2

const US_PER_MS = 1_000
const KIB = 1_024

const LARGE = '/l/app-proxy-ip/text.txt'

/** Any client's, as a proxy in front tells it. */
const FORWARDED = { 'x-forwarded-for': '192.0.2.1' }

export type ServingCosts = Pick<
  Costs,
  | 'notModifiedKeptUs'
  | 'notModifiedNewUs'
  | 'notModifiedForwardedUs'
  | 'wholeKeptUs'
  | 'wholeNewUs'
  | 'wholeForwardedUs'
  | 'wholePerKiBUs'
  | 'answerHeadBytes'
  | 'smallListBytes'
  | 'largeListBytes'
>

/** @param small path of a small list, which the service has in memory */
export async function measureServing(service: Service, small: string): Promise<ServingCosts> {
  const { url } = service
  const etag = (
    await fetch(url + small, { headers: { 'accept-encoding': 'identity' } })
  ).headers.get('etag')
  if (etag === null) throw new Error(`${small} has no tag`)
  const known = { 'if-none-match': etag }
  const wish = { url, path: small, clients: CLIENTS, ms: ROUND_MS }
  const kept = { ...wish, connections: 'kept', status: 200, headers: {} } as const
  const notModified = { ...kept, status: 304, headers: known } as const
  const each = await costsOf(service, {
    wholeKept: kept,
    wholeNew: { ...kept, connections: 'new' },
    wholeForwarded: { ...kept, headers: FORWARDED },
    notModifiedKept: notModified,
    notModifiedNew: { ...notModified, connections: 'new' },
    notModifiedForwarded: { ...notModified, headers: { ...known, ...FORWARDED } },
    large: { ...kept, path: LARGE },
  })
  const [smallListBytes, largeListBytes] = [each.wholeKept.bodyBytes, each.large.bodyBytes]
  const larger = (largeListBytes - smallListBytes) / KIB
  return {
    notModifiedKeptUs: each.notModifiedKept.us,
    notModifiedNewUs: each.notModifiedNew.us,
    notModifiedForwardedUs: each.notModifiedForwarded.us,
    wholeKeptUs: each.wholeKept.us,
    wholeNewUs: each.wholeNew.us,
    wholeForwardedUs: each.wholeForwarded.us,
    wholePerKiBUs: Math.max(0, (each.large.us - each.wholeKept.us) / larger),
    answerHeadBytes: each.wholeKept.headBytes,
    smallListBytes,
    largeListBytes,
  }
}

interface RequestCost extends Load {
  /** Microseconds of a processor core. */
  readonly us: number
}

/** Medians of rounds in which all take turns, after some in which the code is compiled. */
async function costsOf<Name extends string>(
  { pid }: Service,
  wishes: Readonly<Record<Name, LoadWish>>,
): Promise<Record<Name, RequestCost>> {
  const names = Object.keys(wishes) as Name[]
  const found = new Map(names.map((name) => [name, [] as RequestCost[]]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const name of names) {
      const before = processorMs(pid)
      const done = await load(wishes[name])
      const us = (US_PER_MS * (processorMs(pid) - before)) / done.answers
      if (round >= 0) found.get(name)?.push({ ...done, us })
    }
  }
  const costOf = (name: Name): RequestCost => {
    const rounds = found.get(name) ?? []
    const last = rounds.at(-1)
    if (!last) throw new Error('a cost needs a round')
    return { ...last, us: median(rounds.map(({ us }) => us)) }
  }
  return Object.fromEntries(names.map((name) => [name, costOf(name)])) as Record<Name, RequestCost>
}
