/** The guard's facts about a candidate, put together: what it changes, and for whom. */
import type { Cloud } from '../core/cloud.ts'
import { diffSnapshots, type SnapshotDiff } from '../core/diff.ts'
import type { FileDate } from '../core/file-date.ts'
import {
  judge,
  type Candidate,
  type GuardPolicy,
  type GuardReason,
  type Verdict,
} from '../core/guard.ts'
import type { Refusal } from '../core/service-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** What decides, by cloud and by what lists are made of. */
export interface GuardDeps {
  readonly policyOf: (cloud: Cloud) => GuardPolicy
  /** Tags that allowlists name, in the words of this snapshot. */
  readonly namedTags: (snapshot: Snapshot) => Promise<readonly string[]>
}

/** What the guard refuses, as what a parser refuses: the whole file is the value. */
export function refusalsOf(reasons: readonly GuardReason[], fileName: string): Refusal[] {
  return reasons.map(({ text }) => ({ path: '', value: fileName, reason: text }))
}

/** What the candidate is measured against. */
export interface Before {
  readonly snapshot: Snapshot
  readonly fileDate: FileDate
  /** Of the newest file that was accepted. */
  readonly newestFileDate: FileDate
  /** Of the newest file that was seen before, where that is known. */
  readonly seenFileDate?: FileDate | undefined
}

export interface Judged {
  readonly verdict: Verdict
  /** From what is before; from nothing if nothing is. */
  readonly diff: SnapshotDiff
}

export async function judgeCandidate(
  { policyOf, namedTags }: GuardDeps,
  cloud: Cloud,
  candidate: Candidate,
  notAfter: FileDate,
  before: Before | undefined,
): Promise<Judged> {
  const diff = diffSnapshots(before?.snapshot, candidate.snapshot)
  const facts = {
    cloud,
    candidate,
    notAfter,
    namedTags: before ? await namedTags(before.snapshot) : [],
    current: before && { ...before, diff },
  }
  return { verdict: judge(facts, policyOf(cloud)), diff }
}
