/**
 * Which version of a list a content is, remembered by the database for all replicas; and what is
 * told when a list's coverage or names have moved.
 */
import { changeSize } from '../core/change-size.ts'
import { addressTexts } from '../core/diff-summary.ts'
import { countsOf } from '../core/diff.ts'
import { RangeSet } from '../core/range-set.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Published } from '../history/published.ts'
import type { Store } from '../store/contract.ts'
import type { Admitted, AdmittedChange } from '../store/list-contract.ts'
import type { EventDraft } from '../store/telling-contract.ts'
import { contentHashOf, type ListContent } from './content.ts'

/** What a stored list calls its content: its own serial, and the snapshot that brought it. */
export interface StoredVersion {
  readonly serial: number
  readonly snapshot: string
}

/** What a content was made of. */
export interface Basis {
  readonly published: Pick<Published, 'record'>
  /** See `ListStore.mark`: from before anything of it was read. */
  readonly mark: number
}

/** Another process has recorded a newer content since this one was read. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'

  constructor(list: string) {
    super(`the content of ${list} is older than what another process serves`)
  }
}

/** Processes that see each publication once meet a few times at most. */
const TRIES = 5

/** Does it again from the start while it ends in `Overtaken`. */
export async function untilNotOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Overtaken) || tries >= TRIES) throw error
    }
  }
}

/** @throws Overtaken */
export async function recordVersion(
  { lists }: Pick<Store, 'lists'>,
  content: ListContent,
  { published: { record }, mark }: Basis,
): Promise<StoredVersion> {
  const version = await lists.version(
    {
      list: content.name,
      contentHash: contentHashOf(content, sha256),
      snapshotId: record.id,
      mark,
      admitted: () => admittedBy(content),
    },
    (change) => changeOf(content, record.id, change),
  )
  if (version === 'overtaken') throw new Overtaken(content.name)
  return { serial: version.serial, snapshot: version.snapshotId }
}

/** Whatever it says besides: ports, grace and provenance move a version, and are not told of. */
function admittedBy({ prefixes, rules, tags }: ListContent): Admitted {
  const names = [...new Set(rules.map(({ name }) => name))]
  return { coverage: RangeSet.of(prefixes), names, tags }
}

/** Undefined if it admits the same as before, however it is spelled. */
function changeOf(
  { name, cloud }: ListContent,
  snapshot: string,
  { before, after, serial, snapshotBefore }: AdmittedChange,
): EventDraft | undefined {
  const gained = countsOf(after.coverage.subtract(before.coverage))
  const lost = countsOf(before.coverage.subtract(after.coverage))
  const size = changeSize({ gained, lost })
  const namesAdded = without(after.names, before.names)
  const namesRemoved = without(before.names, after.names)
  if (size === 0n && namesAdded.length + namesRemoved.length === 0) return undefined
  return {
    type: 'allowlist.changed',
    cloud,
    allowlist: name,
    key: `allowlist.changed ${name} ${serial}`,
    facts: {
      serial,
      snapshot,
      gained: addressTexts(gained),
      lost: addressTexts(lost),
      size: size.toString(),
      namesAdded,
      namesRemoved,
      tagsBefore: before.tags,
      tags: after.tags,
      snapshotBefore,
    },
  }
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return names.filter((name) => !known.has(name))
}
