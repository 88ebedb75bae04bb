/** A run of the sync, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { RUN_OUTCOMES, type Run } from '../store/contract.ts'

export const runShape = z
  .object({
    id: z.string(),
    cloud: z.enum(CLOUDS),
    trigger: z.enum(['schedule', 'start', 'retry', 'api', 'cli']),
    dryRun: z.boolean(),
    state: z.enum(['queued', 'running', 'finished']),
    outcome: z
      .enum(RUN_OUTCOMES)
      .nullable()
      .describe(
        'Null until it is finished. `accepted`: taken into history, not published because a ' +
          'rollback is in force',
      ),
    detail: z.record(z.string(), z.unknown()).nullable().describe('What explains the outcome'),
    requestedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Run' })

export type RunView = z.infer<typeof runShape>

export function runView(run: Run): RunView {
  const { id, cloud, trigger, dryRun, state, outcome, detail } = run
  return {
    id,
    cloud,
    trigger,
    dryRun,
    state,
    outcome: outcome ?? null,
    detail: detail ?? null,
    requestedAt: run.requestedAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
  }
}
