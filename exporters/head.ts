/**
 * What every format with room for words says at its head: which list this is, what is out of the
 * ordinary about it, what its addresses admit and what they cannot cover. Plain sentences; each
 * format makes comments of them itself.
 */
import { FAMILIES, type Family } from '../src/core/address.ts'
import type { ExportInput, Widened } from './contract.ts'
import { comment } from './parts/comment.ts'

/** All of it, as comments that begin with `mark`: what a format with room for words begins with. */
export function head(input: ExportInput, mark: string): string {
  return sentences(input)
    .map((sentence) => comment(mark, sentence))
    .join('')
}

/** All of it, for formats whose words are no comments. */
export function sentences(input: ExportInput): string[] {
  return [identity(input), ...notices(input), ...addressWarnings(input)]
}

/** Which list and which content: moves only when the content of this very list does. */
export function identity({ name, cloud, version }: ExportInput): string {
  const { serial, snapshot, content } = version
  const parts = [
    `cloud ${cloud}`,
    ...(serial === undefined ? [] : [`serial ${serial}`]),
    ...(snapshot === undefined ? [] : [`snapshot ${snapshot}`]),
    ...(content === undefined ? [] : [`content ${content}`]),
  ]
  return `Rangewarden allowlist ${name}, ${parts.join(', ')}.`
}

/**
 * What is out of the ordinary: that it is widened, or a part of a list, a rollback in force, tags
 * that are gone or empty, addresses kept for want of others, and every network that leaves, with its
 * last day. Nothing in most weeks.
 */
export function notices(input: ExportInput): string[] {
  const { widened, shard, rolledBack, missingTags, emptyTags, kept, leaving } = input
  const sentences: string[] = []
  if (widened) sentences.push(widening(widened))
  if (shard) {
    sentences.push(
      `This is shard ${shard.index} of ${shard.of}: the others have the list's other networks.`,
    )
  }
  if (rolledBack) {
    const { fileDate, snapshot, until } = rolledBack
    const end = until === null ? 'until it is released' : `until ${until} unless released before`
    sentences.push(`A person went back to the file of ${fileDate} (${snapshot}), ${end}.`)
  }
  if (missingTags.length > 0) {
    sentences.push(`This list names what the published file lacks: ${commas(missingTags)}.`)
  }
  if (emptyTags.length > 0) {
    sentences.push(`This list names what the published file has empty: ${commas(emptyTags)}.`)
  }
  if (kept) {
    sentences.push(
      `The published file has no address for this list: those of ${kept.fileDate} ` +
        `(${kept.snapshot}) are kept until a person decides.`,
    )
  }
  for (const { lastDay, prefixes } of leaving) {
    const networks = commas(prefixes.map(({ text }) => text))
    sentences.push(`Not in the published file any more, last day ${lastDay} (UTC): ${networks}.`)
  }
  return sentences
}

function widening({ entries, lossless, addresses, percent }: Widened): string {
  const extra = FAMILIES.filter((family) => addresses[family] > 0n).map(
    (family) =>
      `${counted(addresses[family], family)} (${percent[family]} % of those that are selected)`,
  )
  return (
    `Widened to have fewer entries, ${grouped(entries)} instead of ${grouped(lossless)}: it admits ` +
    `${extra.join(' and ')} that nobody selected.`
  )
}

/** What whoever loads the addresses must know; nothing for a list without addresses. */
export function addressWarnings(input: ExportInput): string[] {
  const { addresses } = input
  if (input.prefixes.length === 0) return []
  const warnings = [
    `It admits ${counted(addresses[4], 4)} and ${counted(addresses[6], 6)}, and any Azure tenant may ` +
      'hold any of them: limit the rule to the connectors as sources and to ports 443 and 80.',
  ]
  if (input.uncovered.length > 0) {
    const names = commas(input.uncovered)
    warnings.push(`No address of this list is known to cover these required names: ${names}.`)
  }
  return warnings
}

function commas(texts: readonly string[]): string {
  return texts.join(', ')
}

/** `47,865,214 IPv4 addresses` */
function counted(count: bigint, family: Family): string {
  return `${grouped(count)} IPv${family} ${count === 1n ? 'address' : 'addresses'}`
}

/** `47,865,214`; by hand, because a locale differs between machines. */
function grouped(count: bigint | number): string {
  return count.toString().replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}
