/**
 * Several ways to the same file, as one source: the first that works answers. Only what the fetch
 * itself can see leads on to the next way; a document that arrived is handed on, good or bad, since
 * an older one in its place would hide that a new week was refused.
 */
import { saidBy, type FetchFailure, type Strategy, type StrategyRequest } from './ask.ts'
import type { Fetched, FetchRequest, Source } from './contract.ts'

interface Failed {
  readonly name: string
  readonly failure: FetchFailure
}

/**
 * Tries the layers in order; those that do not apply are passed over and not counted. Each is told
 * which addresses were asked before and which date a page named. An answer of a later one says in
 * `degraded` what the first one said. When all fail, the first one's failure is the answer. Once
 * the signal is aborted nothing more is tried.
 */
export function createLayeredSource(
  name: string,
  description: string,
  layers: readonly Strategy[],
): Source {
  return {
    name,
    description,
    async fetch(request) {
      const failed: Failed[] = []
      const asked = new Set<string>()
      const record: FetchRequest['record'] = (attempt) => {
        asked.add(attempt.url)
        request.record(attempt)
      }
      let told: StrategyRequest = { ...request, record, asked }
      for (const layer of layers) {
        if (layer.applies && !layer.applies(told)) continue
        const { namedDate, ...fetched } = await layer.fetch(told)
        told = { ...told, namedDate: told.namedDate ?? namedDate }
        if (fetched.kind === 'document' || fetched.kind === 'not-modified') {
          return withDegraded(fetched, failed[0])
        }
        if (request.signal.aborted) return fetched
        failed.push({ name: layer.name, failure: fetched })
      }
      return allFailed(failed)
    },
  }
}

type Found = Exclude<Fetched, FetchFailure>

function withDegraded(fetched: Found, first: Failed | undefined): Found {
  return first ? { ...fetched, degraded: `${first.name}: ${saidBy(first.failure)}` } : fetched
}

function allFailed([first, ...others]: readonly Failed[]): Fetched {
  if (!first) return { kind: 'unavailable', reason: 'there was no way to try' }
  const { failure } = first
  const names = others.map(({ name }) => name).join(', ')
  const count = `${others.length} other ${others.length === 1 ? 'way' : 'ways'}`
  const also = others.length === 0 ? '' : `; ${count} failed too: ${names}`
  if (failure.kind === 'unavailable') {
    const wait = longestWait([first, ...others])
    const reason = failure.reason + also
    return { ...failure, reason, ...(wait === undefined ? {} : { retryAfterSeconds: wait }) }
  }
  const refusals = failure.refusals.map((refusal, i) =>
    i === 0 ? { ...refusal, reason: refusal.reason + also } : refusal,
  )
  return { ...failure, refusals }
}

/** The ways share hosts: whoever asks for the most time gets it. */
function longestWait(failed: readonly Failed[]): number | undefined {
  const waits = failed.flatMap(({ failure }) =>
    failure.kind === 'unavailable' ? (failure.retryAfterSeconds ?? []) : [],
  )
  return waits.length > 0 ? Math.max(...waits) : undefined
}
