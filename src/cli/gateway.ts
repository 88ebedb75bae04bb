/**
 * The data behind the commands, whichever way it comes: from the database, or from a running
 * service. Both give the shapes of the API, so commands only choose and format.
 */
import type { Overrides } from '../config.ts'
import type { Cloud } from '../core/cloud.ts'
import type { CheckedParts } from '../lists/check-deployed.ts'
import type { ReportWish } from '../report/contract.ts'
import type { ReportFormat } from '../report/write.ts'
import { createDispatcher } from '../sources/dispatcher.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import type { Hold } from '../store/contract.ts'
import type { PublicationAction } from '../sync/publication-wish.ts'
import type { ChangesView } from '../views/changes.ts'
import type { DriftView } from '../views/drift.ts'
import type { GuardReasonView } from '../views/guard-reason.ts'
import type { HoldDecisionView, HoldView } from '../views/hold.ts'
import type { LookupView } from '../views/lookup.ts'
import type { PublicationView } from '../views/publication.ts'
import type { RefusalView } from '../views/refusal.ts'
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
  readonly maxEntries: number | undefined
  readonly maxExtraPercent: number | undefined
  readonly never: readonly string[]
  /** `2of8` */
  readonly shard: string | undefined
  readonly at: string | undefined
}

/** A list that is deployed, as a file of any form. */
export interface CheckWish {
  readonly allowlist: string
  readonly file: Uint8Array
  /** Undefined: it is compared, and not reported as anybody's. */
  readonly device: string | undefined
  readonly parts: CheckedParts | undefined
}

/** A report, as text in a format. */
export interface ReportFormatWish extends ReportWish {
  readonly format: ReportFormat
}

export interface RunWish {
  readonly cloud: string | undefined
  readonly dryRun: boolean
}

export interface HoldsWish {
  readonly cloud: string | undefined
  readonly state: Hold['state'] | undefined
  readonly limit: number
}

export interface HoldDecisionWish {
  readonly id: number
  readonly decision: 'approve' | 'reject'
  readonly by: string
  readonly reason: string
  readonly contentHash: string | undefined
}

/** See `PublicationWish`. */
export interface PublishWish {
  readonly cloud: string
  readonly action: PublicationAction
  readonly snapshot: string | undefined
  readonly until: string | undefined
  readonly by: string
  readonly reason: string
}

/** See `Imported`. */
export type ImportedFile =
  | {
      readonly kind: 'accepted'
      readonly file: WeeklyFile
      readonly snapshot: string
      readonly isNew: boolean
      readonly reasons: readonly GuardReasonView[]
    }
  | {
      readonly kind: 'refused'
      readonly file: WeeklyFile
      readonly refusals: readonly RefusalView[]
    }

/** What is handed out of a cloud after an import. */
export interface CurrentOfCloud {
  readonly cloud: Cloud
  readonly snapshot: string
  readonly fileDate: string
  readonly serial: number
  /** True if the import changed it. */
  readonly published: boolean
}

/** Each rejects with the RangewardenError that the API would answer. */
export interface Gateway {
  /** Newest first; `next` is set if there are more. */
  snapshots(wish: SnapshotsWish): Promise<{ snapshots: SnapshotView[]; next: string | null }>
  changes(wish: ChangesWish): Promise<ChangesView>
  /** In the order asked. */
  lookup(wish: LookupWish): Promise<{ results: LookupResult[] }>
  list(wish: ListWish): Promise<Buffer>
  check(wish: CheckWish): Promise<DriftView>
  report(wish: ReportFormatWish): Promise<string>
  /** The run, queued or under way; its end is seen by asking for it. */
  requestRun(wish: RunWish): Promise<RunView>
  run(id: string): Promise<RunView>
  /** Newest first. */
  holds(wish: HoldsWish): Promise<{ holds: HoldView[] }>
  decide(wish: HoldDecisionWish): Promise<HoldDecisionView>
  publish(wish: PublishWish): Promise<PublicationView>
  /** Takes the files into history one by one, in the order given; publishes nothing. */
  importFiles(files: readonly WeeklyFile[]): AsyncIterable<ImportedFile>
  /** Publishes the newest file, as `publishNewest`; undefined if nothing is published at all. */
  publishImported(cloud: Cloud): Promise<CurrentOfCloud | undefined>
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
    const client = createClient({
      url,
      dispatcher,
      token: token ?? config.adminToken ?? config.readTokens?.[0],
      stop,
    })
    return await work(createRemoteGateway(client))
  } finally {
    await dispatcher.close()
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
