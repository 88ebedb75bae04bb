/**
 * What has to hold of every text a parser is given. A case is made from the run's seed and its own
 * number alone, so that one case can be repeated without those before it.
 */
import { parsePrefix } from '../../src/core/prefix.ts'
import { MAX_REFUSALS, type ParsedDocument } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { seededRandom, type Random } from '../../test/support/random.ts'
import { generateDocument } from './documents.ts'
import type { HeavyDocument } from './heavy-documents.ts'
import { prefixText } from './prefix-texts.ts'
import { secondPrefix, secondReading, type SecondDocument } from './second-reading.ts'

/** No single document or prefix may take longer: milliseconds of the processor, whoever shares it. */
export const LONGEST_MS = 1_000

export interface CaseResult {
  readonly kind: 'document' | 'prefix'
  readonly bytes: number
  /** The rule that refused it, without the values in it; undefined if it was accepted. */
  readonly refusedBy: string | undefined
  /** By the parser alone, in milliseconds of the processor. */
  readonly took: number
}

const MAX_SHOWN = 10_000

/** A broken law; the message says which and shows the text. */
export class LawBroken extends Error {
  constructor(law: string, text: string, cause?: unknown) {
    super(`${law}: ${JSON.stringify(text.slice(0, MAX_SHOWN))}`, { cause })
    this.name = 'LawBroken'
  }
}

/** Runs one case; how long it took is the caller's to judge. @throws LawBroken */
export function runCase(seed: number, number: number): CaseResult {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b))
  return random.chance(0.5) ? prefixCase(prefixText(random)) : documentCase(random)
}

/** What one heavy document came to, read alone and after what was read before. @throws LawBroken */
export function runHeavy({ name, bytes, before, isRight = false }: HeavyDocument): CaseResult {
  const { value: parsed, took } = timed(name, () => readDocument(bytes))
  checkShape(parsed, name)
  if (parsed.ok !== isRight) throw new LawBroken(`${said(parsed)}, which is wrong`, name)
  const refusedBy = firstRule(parsed)
  const alone = { kind: 'document', bytes: bytes.length, refusedBy, took } as const
  const known = before && readDocument(before)
  if (!known?.ok) return alone
  const after = timed(name, () => readDocument(bytes, known.snapshot))
  checkPredecessor(parsed, after.value, name)
  return { ...alone, took: Math.max(took, after.took) }
}

function prefixCase(text: string): CaseResult {
  const { value: parsed, took } = timed(text, () => parsePrefix(text))
  const second = secondPrefix(text)
  if (parsed.ok !== second.ok)
    throw new LawBroken(`${said(parsed)}, second reading ${said(second)}`, text)
  if (parsed.ok && second.ok && parsed.value.text !== second.value) {
    throw new LawBroken(`canonical ${parsed.value.text}, second reading ${second.value}`, text)
  }
  const refusedBy = parsed.ok ? undefined : `prefix: ${parsed.reason}`
  return { kind: 'prefix', bytes: text.length, refusedBy, took }
}

function documentCase(random: Random): CaseResult {
  const { bytes, before } = generateDocument(random)
  const text = bytes.toString('utf8')
  const { value: parsed, took } = timed(text, () => readDocument(bytes))
  const known = readDocument(before)
  checkShape(parsed, text)
  if (known.ok) checkPredecessor(parsed, readDocument(bytes, known.snapshot), text)
  const second = secondReading(bytes)
  if (parsed.ok && !second.ok) throw new LawBroken(`accepted, second reading: ${second.why}`, text)
  if (parsed.ok && second.ok) checkFacts(parsed.snapshot, second.value, text)
  if (!parsed.ok && second.ok && !isOurLimit(parsed)) {
    throw new LawBroken(`${said(parsed)}, second reading accepts it`, text)
  }
  return { kind: 'document', bytes: bytes.length, refusedBy: firstRule(parsed), took }
}

function timed<T>(text: string, work: () => T): { value: T; took: number } {
  const started = process.threadCpuUsage()
  let value: T
  try {
    value = work()
  } catch (error) {
    throw new LawBroken('threw', text, error)
  }
  const { user, system } = process.threadCpuUsage(started)
  return { value, took: (user + system) / 1_000 }
}

/** A refusal is bounded and safe to print, whatever was in the text. */
function checkShape(parsed: ParsedDocument, text: string): void {
  if (parsed.ok) return
  const { length } = parsed.refusals
  if (length === 0 || length > MAX_REFUSALS) throw new LawBroken(`${length} refusals`, text)
  for (const { path, value, reason } of parsed.refusals) {
    const line = `${path} ${value} ${reason}`
    if (reason === '' || line.length > 1_000 || !/^[\x20-\x7e…]*$/.test(line)) {
      throw new LawBroken(`a refusal that cannot be printed: ${JSON.stringify(line)}`, text)
    }
  }
}

/** What was read before saves work and changes nothing. */
function checkPredecessor(alone: ParsedDocument, after: ParsedDocument, text: string): void {
  const same = alone.ok
    ? after.ok && after.snapshot.contentHash === alone.snapshot.contentHash
    : !after.ok && JSON.stringify(after.refusals) === JSON.stringify(alone.refusals)
  if (!same) throw new LawBroken(`alone ${said(alone)}, after a predecessor ${said(after)}`, text)
}

function checkFacts(snapshot: Snapshot, second: SecondDocument, text: string): void {
  const { cloud, changeNumber, memberships } = snapshot
  const tags = [...snapshot.tags.values()].map((tag) => {
    const { name, region, regionId, systemService, networkFeatures } = tag
    const prefixes = tag.prefixes.map((prefix) => prefix.text).sort()
    return { name, region, regionId, systemService, networkFeatures, prefixes }
  })
  const ours = JSON.stringify({ cloud, changeNumber, tags })
  const theirs = JSON.stringify(second)
  if (ours !== theirs) throw new LawBroken(`read ${ours}, second reading ${theirs}`, text)
  const count = second.tags.reduce((sum, tag) => sum + tag.prefixes.length, 0)
  if (count !== memberships) throw new LawBroken(`${memberships} memberships of ${count}`, text)
}

/** Limits of size are ours: the second reading has none, and may accept what they refuse. */
function isOurLimit(parsed: ParsedDocument): boolean {
  return !parsed.ok && parsed.refusals.every(({ reason }) => /^a document has at most/.test(reason))
}

/** Without what depends on the document. */
function firstRule(parsed: ParsedDocument): string | undefined {
  const reason = parsed.ok ? undefined : parsed.refusals[0]?.reason
  return reason?.replace(/^not JSON: .*/, 'not JSON').replace(/values\[\d+\]/, 'another')
}

type Said =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly reason?: string
      readonly why?: string
      readonly refusals?: readonly { readonly reason: string }[]
    }

function said(opinion: Said): string {
  if (opinion.ok) return 'accepted'
  return `refused (${opinion.reason ?? opinion.why ?? opinion.refusals?.[0]?.reason ?? ''})`
}
