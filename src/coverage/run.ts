/** Resolves the names of an allowlist and says which answers are inside its addresses. */
import { parseAddress } from '../core/address.ts'
import type { RangeSet } from '../core/range-set.ts'
import { namesFor } from '../preflight/plan.ts'
import type { CoveredList } from './covered-list.ts'
import { resolveName, type DnsClient } from './resolve.ts'

const AT_A_TIME = 4

/**
 * What is known of a name: `unresolved` is one that a family was not answered of, or that has no
 * address; `not-testable` is a wildcard for which no name was given.
 */
export interface NameCoverage {
  readonly name: string
  /** The list's name that asks for it. */
  readonly required: string
  readonly state: 'resolved' | 'unresolved' | 'not-testable'
  /** Of a name that is unresolved: those of the family that was answered. */
  readonly answers: readonly CoveredAnswer[]
  readonly chain: readonly string[]
  /** True if the list says itself that no published address is known for it. */
  readonly isUncovered: boolean
  /** Why there are no answers, or not all. */
  readonly reason?: string
}

export interface CoveredAnswer {
  readonly address: string
  readonly isInside: boolean
}

/** A name to ask for; undefined for a wildcard without one. */
interface Question {
  readonly name: string | undefined
  readonly required: string
}

export interface CoverageDeps {
  readonly client: DnsClient
  readonly stop: AbortSignal
  readonly onName?: (done: number, name: string) => void
}

/** The list's names, wildcards by the given names that they cover, each once. */
export function questionsOf(list: CoveredList, given: readonly string[]): Question[] {
  const questions = new Map<string, Question>()
  for (const required of list.names) {
    const names = namesFor(required, given)
    if (names.length === 0) questions.set(required, { name: undefined, required })
    for (const name of names) {
      if (!questions.has(name)) questions.set(name, { name, required })
    }
  }
  return [...questions.values()]
}

/** In the list's order; those that a stop came before are left out. */
export async function runCoverage(
  list: CoveredList,
  questions: readonly Question[],
  { client, stop, onName }: CoverageDeps,
): Promise<NameCoverage[]> {
  const cancel = (): void => client.cancel()
  stop.addEventListener('abort', cancel)
  const covered = new Map<Question, NameCoverage>()
  const waiting = stop.aborted ? [] : [...questions]
  const work = async (): Promise<void> => {
    for (let question = waiting.shift(); question; question = waiting.shift()) {
      const coverage = await coverageOf(question, list, client)
      if (stop.aborted) return
      covered.set(question, coverage)
      onName?.(covered.size, coverage.name)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  stop.removeEventListener('abort', cancel)
  return questions.flatMap((question) => covered.get(question) ?? [])
}

async function coverageOf(
  { name, required }: Question,
  { addresses, uncovered }: CoveredList,
  client: DnsClient,
): Promise<NameCoverage> {
  const common = { required, isUncovered: uncovered.includes(required) }
  if (name === undefined) {
    const reason = `give a name it covers: --name ${required.replace('*', 'NAME')}`
    return { ...common, name: required, state: 'not-testable', answers: [], chain: [], reason }
  }
  const resolved = await resolveName(client, name)
  const answers = resolved.addresses.map((address) => {
    return { address, isInside: isInside(addresses, address) }
  })
  const found = { ...common, name, answers, chain: resolved.chain }
  if (resolved.failure === undefined) return { ...found, state: 'resolved' }
  return { ...found, state: 'unresolved', reason: resolved.failure }
}

/** What is no address to us, such as one with IPv4 inside IPv6, no list admits. */
function isInside(addresses: RangeSet, text: string): boolean {
  const address = parseAddress(text)
  return address.ok && addresses.contains(address.value)
}
