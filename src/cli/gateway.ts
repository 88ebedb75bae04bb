/**
 * The data behind the commands, whichever way it comes: from the database, or from a running
 * service. Both give the shapes of the API, so commands only choose and format.
 */
import type { Overrides } from '../config.ts'
import { createDispatcher } from '../sources/dispatcher.ts'
import type { ChangesView } from '../views/changes.ts'
import type { LookupView } from '../views/lookup.ts'
import type { RunView } from '../views/run.ts'
import type { SnapshotView } from '../views/snapshot.ts'
import { createClient } from './client.ts'
import { withService, type Context } from './context.ts'
import { createDirectGateway } from './direct-gateway.ts'
import { createRemoteGateway } from './remote-gateway.ts'

export interface SnapshotsWish {
  readonly cloud: string | undefined
  readonly limit: number
}

export interface ChangesWish {
  readonly cloud: string | undefined
  readonly from: string
  readonly to: string
  readonly tag: string | undefined
  readonly region: string | undefined
}

/** One address: an answer per cloud. */
export interface LookupResult {
  readonly query: string
  readonly answers: LookupView[]
}

export interface LookupWish {
  readonly addresses: readonly string[]
  readonly cloud: string | undefined
  readonly at: string | undefined
}

/** A stored list by its name, or what it should hold. */
export interface ListWish {
  readonly format: string
  readonly allowlist: string | undefined
  readonly cloud: string | undefined
  readonly tags: readonly string[]
  readonly regions: readonly string[]
  readonly families: readonly string[]
  readonly endpoints: readonly string[]
  readonly at: string | undefined
}

export interface RunWish {
  readonly cloud: string | undefined
  readonly dryRun: boolean
}

/** Each rejects with the RangewardenError that the API would answer. */
export interface Gateway {
  /** Newest first; `next` is set if there are more. */
  snapshots(wish: SnapshotsWish): Promise<{ snapshots: SnapshotView[]; next: string | null }>
  changes(wish: ChangesWish): Promise<ChangesView>
  /** In the order asked. */
  lookup(wish: LookupWish): Promise<{ results: LookupResult[] }>
  list(wish: ListWish): Promise<Buffer>
  /** The run, queued or under way; its end is seen by asking for it. */
  requestRun(wish: RunWish): Promise<RunView>
  run(id: string): Promise<RunView>
}

export interface GatewayOptions {
  /** For a service of our own, opened here. */
  readonly overrides?: Overrides
  /** For a running one; by default the admin token of the settings. */
  readonly token?: string | undefined
}

export async function withGateway<T>(
  context: Context,
  { overrides = {}, token }: GatewayOptions,
  work: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  const { url, stop, readConfig, dataDir } = context
  if (url === undefined) {
    return withService(context, { use: 'command', overrides }, (service) =>
      work(createDirectGateway(service, stop)),
    )
  }
  const config = readConfig({ dataDir })
  // A service on this machine is never behind a proxy, whatever NO_PROXY forgets.
  const dispatcher = createDispatcher(isLoopback(url) ? {} : config)
  try {
    const client = createClient({ url, dispatcher, token: token ?? config.adminToken, stop })
    return await work(createRemoteGateway(client))
  } finally {
    await dispatcher.close()
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
