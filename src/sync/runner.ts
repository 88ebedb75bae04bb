/**
 * Runs: asked for by anybody, carried out once, recorded whatever they come to. The schedule, the
 * API and the command line all go through here.
 */
import type { Logger } from 'pino'
import type { Cloud } from '../core/cloud.ts'
import { RangewardenError } from '../core/errors.ts'
import type { FetchAttempt } from '../sources/contract.ts'
import type { Run, RunTrigger } from '../store/contract.ts'
import { outcomeDetail } from './outcome-detail.ts'
import { refusalEvent } from './refusal-event.ts'
import { runOnce, type RunOutcome, type SyncDeps } from './run-once.ts'

export interface Runner {
  /** Records the wish; `joined` if a run of the cloud is under way, which is then given. */
  request(wish: RunWish): Promise<{ run: Run; joined: boolean }>
  /**
   * Carries out a requested run and records what it came to; undefined if somebody else has. Rejects
   * for a fault of ours or the database's, which is recorded unless the caller will try again.
   */
  perform(
    id: string,
    signal: AbortSignal,
    options?: { readonly tryAgain: boolean },
  ): Promise<RunOutcome | undefined>
}

export interface RunWish {
  readonly cloud: Cloud
  readonly trigger: RunTrigger
  readonly dryRun: boolean
  /** The moment of the schedule that it is for; all processes together carry out one for it. */
  readonly dueAt?: Date | undefined
}

/** No run takes longer; one that did was left behind by a killed process and blocks nobody. */
export const RUN_LIMIT_SECONDS = 15 * 60

export interface RunnerDeps extends SyncDeps {
  readonly log: Logger
  /**
   * Called when a pass is through, before its run counts as finished: what it published is served
   * by then. A fault is logged and changes nothing of the outcome, which is committed.
   */
  readonly refresh: () => Promise<void>
  /** Told of every outcome that was recorded, and how long it took to come to it. */
  readonly noticed?: (cloud: Cloud, outcome: RunOutcome, durationMs: number) => void
}

export function createRunner(deps: RunnerDeps): Runner {
  const { store } = deps
  return {
    async request(wish) {
      await store.runs.abandon(RUN_LIMIT_SECONDS)
      return store.runs.request(wish)
    },

    async perform(id, signal, { tryAgain } = { tryAgain: false }) {
      const run = await store.runs.byId(id)
      if (!run || !(await store.runs.start(id))) return undefined
      const log = deps.log.child({ runId: id, cloud: run.cloud })
      const started = performance.now()
      const attempts: FetchAttempt[] = []
      const record = (attempt: FetchAttempt) => void attempts.push(attempt)
      try {
        const { cloud, dryRun, trigger } = run
        const request = { cloud, dryRun, requestedBy: trigger, signal, record }
        const outcome = await runOnce(deps, request)
        if (!dryRun) await refreshed(deps, log)
        const detail = outcomeDetail(outcome, attempts)
        const event = dryRun ? undefined : await refusalEvent(store, run, outcome)
        await store.runs.finish(id, outcome.kind, detail, event)
        const durationMs = Math.round(performance.now() - started)
        const { attempts: _, ...facts } = detail
        const line = { outcome: outcome.kind, ...facts, durationMs }
        if (needsAttention(outcome)) log.warn(line, 'Run finished, a person may need to look')
        else log.info(line, 'Run finished')
        if (!dryRun) deps.noticed?.(cloud, outcome, durationMs)
        return outcome
      } catch (error) {
        if (tryAgain) {
          log.warn({ err: error }, 'Run lost its database or met a fault, it is tried again')
          throw error
        }
        await recordFault(deps, id, error, attempts)
        if (!run.dryRun) {
          const outcome = { kind: 'failed', reason: 'a fault', url: undefined } as const
          deps.noticed?.(run.cloud, outcome, performance.now() - started)
        }
        throw error
      }
    },
  }
}

async function refreshed({ refresh }: RunnerDeps, log: Logger): Promise<void> {
  await refresh().catch((err: unknown) => {
    log.error({ err }, 'Lists could not be prepared, the ones before are still served')
  })
}

/** Degraded discovery still works, and will not once the last way is gone too. */
function needsAttention({ kind, found }: RunOutcome): boolean {
  const isTrouble = kind === 'refused' || kind === 'held' || kind === 'failed'
  return isTrouble || found?.degraded !== undefined
}

/** The record is best effort: the fault may be that the database is gone. */
async function recordFault(
  { store, log }: RunnerDeps,
  id: string,
  error: unknown,
  attempts: readonly FetchAttempt[],
): Promise<void> {
  const reason =
    error instanceof RangewardenError ? error.message : 'an internal fault, see the log'
  log.error({ runId: id, err: error }, 'Run failed')
  await store.runs.finish(id, 'failed', { reason, attempts }).catch((cause: unknown) => {
    log.error({ runId: id, err: cause }, 'Run could not be recorded')
  })
}
