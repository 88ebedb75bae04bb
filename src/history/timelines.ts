/**
 * Each cloud's whole history in memory, read again when it has grown. What is asked about any day is
 * answered from here; the database is asked only whether there is more.
 */
import type { Logger } from 'pino'
import { createAddressIndex, type AddressIndex } from '../core/address-index.ts'
import type { Cloud } from '../core/cloud.ts'
import { messageOf } from '../core/errors.ts'
import type { StoredTimeline, TimelineStore } from '../store/contract.ts'

/** One moment of a cloud's history; a later one is another object. */
export interface CloudHistory extends StoredTimeline {
  /**
   * Made right after the history was read, or by a question that comes first; then kept as long as
   * the history is.
   */
  readonly addresses: () => AddressIndex
}

export interface Timelines {
  /**
   * As the database has it now; as it was last known while the database does not answer.
   * @throws whatever the database says, as long as nothing is known
   */
  of(cloud: Cloud): Promise<CloudHistory>
}

export interface TimelinesOptions {
  /** Told once per cloud and reason that what is known is the answer, until it is up to date again. */
  readonly log?: Logger
  /** How long a database may think about whether there is more, before what is known is the answer. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 2_000

export function createTimelines(
  store: TimelineStore,
  { log, patienceMs = PATIENCE_MS }: TimelinesOptions = {},
): Timelines {
  const known = new Map<Cloud, CloudHistory>()
  const underWay = new Map<Cloud, Promise<CloudHistory>>()
  const versions = sharedByCloud((cloud) => store.version(cloud))
  const told = new Map<Cloud, string>()

  /** However many ask at the same time, it is read once. */
  function read(cloud: Cloud): Promise<CloudHistory> {
    const joined = underWay.get(cloud)
    if (joined) return joined
    const begun = store
      .read(cloud)
      .then((stored) => {
        const history = withAddresses(stored)
        known.set(cloud, history)
        return history
      })
      .finally(() => underWay.delete(cloud))
    underWay.set(cloud, begun)
    return begun
  }

  /** One that began before the growth may come without it; the next begins after the question. */
  async function readWith(cloud: Cloud, version: string): Promise<CloudHistory> {
    const history = await read(cloud)
    return history.version === version ? history : read(cloud)
  }

  async function newerThan(kept: CloudHistory, cloud: Cloud): Promise<CloudHistory> {
    const version = await withinPatience(versions(cloud), patienceMs)
    return version === kept.version ? kept : readWith(cloud, version)
  }

  function tell(cloud: Cloud, error: unknown): void {
    const reason = messageOf(error)
    if (told.get(cloud) === reason) return
    told.set(cloud, reason)
    log?.warn({ cloud, err: error }, 'Lookups and diffs are answered from history as it was known')
  }

  return {
    async of(cloud) {
      const kept = known.get(cloud)
      if (!kept) return readWith(cloud, await versions(cloud))
      try {
        const history = await newerThan(kept, cloud)
        told.delete(cloud)
        return history
      } catch (error) {
        tell(cloud, error)
        return known.get(cloud) ?? kept
      }
    },
  }
}

function withAddresses(stored: StoredTimeline): CloudHistory {
  let index: AddressIndex | undefined
  const addresses = (): AddressIndex => (index ??= createAddressIndex(stored.timeline))
  setImmediate(addresses).unref()
  return { ...stored, addresses }
}

/**
 * One question per cloud at a time: who comes while it is asked shares the next one, which begins
 * after all of them came. A database that stalls is not asked once more by every caller.
 */
function sharedByCloud<T>(ask: (cloud: Cloud) => Promise<T>): (cloud: Cloud) => Promise<T> {
  const asked = new Map<Cloud, Promise<T>>()
  const next = new Map<Cloud, Promise<T>>()

  function begin(cloud: Cloud): Promise<T> {
    next.delete(cloud)
    const begun = ask(cloud).finally(() => asked.delete(cloud))
    asked.set(cloud, begun)
    return begun
  }

  return (cloud) => {
    const joined = next.get(cloud)
    if (joined) return joined
    const before = asked.get(cloud)
    if (!before) return begin(cloud)
    const after = () => begin(cloud)
    const begun = before.then(after, after)
    next.set(cloud, begun)
    return begun
  }
}

async function withinPatience<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `the database did not say within ${patienceMs} ms whether there is more`
    timer = setTimeout(() => reject(new Error(message)), patienceMs)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
