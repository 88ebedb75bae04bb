/** The weekly report: what it is made of, and what it says. */
import type { Cloud } from '../core/cloud.ts'
import type { AddressCounts, CoverageChange } from '../core/diff.ts'
import type { CloudState, RollbackInForce } from '../history/overview.ts'
import type { Published } from '../history/published.ts'
import type { PublishedChange, PublishedChanges } from '../history/published-changes.ts'
import type { AllowlistDefinition } from '../lists/definition.ts'
import type { ListNotices } from '../lists/notices.ts'
import type { Hold, Publication, RunOutcomeKind, SnapshotRecord, Store } from '../store/contract.ts'
import type { ListStore } from '../store/list-contract.ts'
import type { DeviceCheck } from '../store/telling-contract.ts'
import type { Week } from './week.ts'

/** What a report asks of the lists; `Lists` answers it, and `readReportLists` where none are served. */
export interface ReportLists {
  published(cloud: Cloud): Published | undefined
  definitions(): readonly Pick<AllowlistDefinition, 'name' | 'cloud' | 'shard'>[]
  notices(name: string): Pick<ListNotices, 'leaving'> | undefined
}

export interface ReportDeps {
  readonly store: Pick<Store, 'history' | 'publications' | 'runs' | 'holds'> & {
    readonly lists: Pick<ListStore, 'versions'>
  }
  readonly lists: ReportLists
  readonly changes: PublishedChanges
  /** The followed ones. */
  readonly clouds: readonly Cloud[]
  /** The last check of each device; undefined where devices are not checked. */
  readonly devices?: (() => Promise<readonly DeviceCheck[]>) | undefined
}

/** What somebody asks for; without a week, the last complete one. */
export interface ReportWish {
  /** `2025-W44` */
  readonly week: string | undefined
  /** Only this followed cloud, its lists and their devices. */
  readonly cloud: string | undefined
}

/**
 * Of one week, and of how things stand when it is made: `state`, `waiting`, `rollback`, `due` and
 * `devices` are of that moment, whatever week was asked for.
 */
export interface WeeklyReport {
  readonly week: Week
  /** False for the week that is not over yet. */
  readonly isComplete: boolean
  readonly madeAt: Date
  readonly clouds: readonly CloudWeek[]
  /** In name order; shards are told by their whole list. */
  readonly lists: readonly ListWeek[]
  readonly due: Due
  /** Undefined where devices are not checked. */
  readonly devices: readonly DeviceCheck[] | undefined
}

export interface CloudWeek {
  readonly cloud: Cloud
  readonly state: CloudState
  /** Whole days since the date of the newest file seen. */
  readonly ageInDays: number | undefined
  readonly published: PublishedSide | undefined
  /** Ids of holds that wait for a person. */
  readonly waiting: readonly number[]
  readonly rollback: RollbackInForce | undefined
  /** What was handed out when the week began and when it ended; undefined while nothing was. */
  readonly atBegin: PublishedSide | undefined
  readonly atEnd: PublishedSide | undefined
  /** Between the two; undefined if nothing was handed out at the end. */
  readonly net: PublishedChange | undefined
  /** Oldest first. */
  readonly publications: readonly PublicationOfWeek[]
  /** In force at some time of the week, oldest first. */
  readonly rollbacks: readonly RollbackOfWeek[]
  /** Held or decided in the week, or waiting; oldest first. */
  readonly holds: readonly Hold[]
  readonly runs: RunsOfWeek
}

export interface PublishedSide {
  readonly serial: number
  readonly record: SnapshotRecord
}

export interface PublicationOfWeek {
  readonly publication: Publication
  readonly change: PublishedChange
}

export interface RollbackOfWeek {
  readonly publication: Publication
  readonly record: SnapshotRecord
  /** Undefined for one that is still in force. */
  readonly endedAt: Date | undefined
}

export interface RunsOfWeek {
  /** Finished ones, without dry runs. */
  readonly outcomes: Readonly<Record<RunOutcomeKind, number>>
  /** False if there were more runs since than are looked through. */
  readonly isWhole: boolean
}

export interface ListWeek {
  readonly list: string
  readonly cloud: Cloud
  /** Undefined for a list that began in the week. */
  readonly serialBefore: number | undefined
  readonly serialAfter: number
  /** How many contents it got in the week. */
  readonly versions: number
  /** Between the two; undefined if what one of them admits was not kept. */
  readonly net: ListChange | undefined
}

export interface ListChange {
  readonly coverage: CoverageChange
  /** In name order. */
  readonly namesAdded: readonly string[]
  readonly namesRemoved: readonly string[]
}

export interface Due {
  /**
   * Coverage that lists still carry although no file has it, and that leaves in the next fourteen
   * days; earliest first.
   */
  readonly leaving: readonly LeavingOfList[]
  /** Days, today's included, from which on Azure may use what was added; earliest first. */
  readonly uses: readonly EarliestUse[]
  /** Rollbacks that end by themselves. */
  readonly rollbacks: readonly RollbackEnding[]
}

export interface LeavingOfList {
  readonly list: string
  readonly cloud: Cloud
  readonly lastDay: string
  readonly networks: number
  readonly addresses: AddressCounts
}

export interface EarliestUse {
  readonly cloud: Cloud
  readonly day: string
  /** In name order. */
  readonly tags: readonly string[]
}

export interface RollbackEnding extends Pick<RollbackInForce, 'snapshot' | 'by' | 'reason'> {
  readonly cloud: Cloud
  readonly until: Date
}
