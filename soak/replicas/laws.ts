/** What has to hold of everything that was answered, looked at when all of it is known. */
import type { Publication } from './fleet.ts'
import type { Answer } from './load.ts'

/** An answer that was of an older publication than one answered before it was asked for. */
export interface Stale {
  readonly answer: Answer
  /** How long before the question somebody had an answer of a newer one. */
  readonly ms: number
  /** When that was. */
  readonly since: number
}

export interface Judged {
  readonly failed: readonly Answer[]
  /** Those that were of an older publication at all, the worst first. */
  readonly stale: readonly Stale[]
  /** How many publications were seen in answers. */
  readonly versions: number
  /** In words: a snapshot nobody published, one list of one publication with different bytes. */
  readonly broken: readonly string[]
}

export function judge(answers: readonly Answer[], publications: readonly Publication[]): Judged {
  const serials = new Map(publications.map(({ serial, snapshot }) => [snapshot, serial]))
  const failed = answers.filter(({ fault }) => fault !== undefined)
  const versioned = answers.flatMap((answer) => {
    const { fault, snapshot } = answer
    if (fault !== undefined || snapshot === undefined) return []
    return { answer, serial: serials.get(snapshot) ?? NaN }
  })
  const unknown = versioned.filter(({ serial }) => Number.isNaN(serial))
  const known = versioned.filter(({ serial }) => !Number.isNaN(serial))
  const names = new Set(unknown.map(({ answer }) => answer.snapshot))
  return {
    failed,
    stale: staleOnes(known),
    versions: new Set(known.map(({ serial }) => serial)).size,
    broken: [
      ...[...names].map((name) => `the snapshot ${name ?? ''} was never published`),
      ...differentBytes(answers),
    ],
  }
}

interface Versioned {
  readonly answer: Answer
  readonly serial: number
}

function staleOnes(all: readonly Versioned[]): Stale[] {
  const newerSince = firstNewer(all)
  return all
    .flatMap(({ answer, serial }) => {
      const since = newerSince.get(serial) ?? Infinity
      const ms = answer.sentAt - since
      return ms > 0 ? { answer, ms, since } : []
    })
    .sort((a, b) => b.ms - a.ms)
}

/** By serial: when the first answer of any newer one had come. */
function firstNewer(all: readonly Versioned[]): Map<number, number> {
  const first = new Map<number, number>()
  for (const { answer, serial } of all) {
    first.set(serial, Math.min(first.get(serial) ?? Infinity, answer.doneAt))
  }
  const newer = new Map<number, number>()
  let since = Infinity
  for (const serial of [...first.keys()].sort((a, b) => b - a)) {
    newer.set(serial, since)
    since = Math.min(since, first.get(serial) ?? Infinity)
  }
  return newer
}

/** A list of a publication has the same bytes whoever serves it, whenever it was made. */
function differentBytes(answers: readonly Answer[]): string[] {
  const digests = new Map<string, Set<string>>()
  for (const { path, snapshot, digest } of answers) {
    if (snapshot === undefined || digest === undefined) continue
    const key = `${path} of ${snapshot}`
    const known = digests.get(key)
    if (known) known.add(digest)
    else digests.set(key, new Set([digest]))
  }
  return [...digests].flatMap(([what, found]) =>
    found.size === 1 ? [] : `${what} was served with ${found.size} different texts`,
  )
}
