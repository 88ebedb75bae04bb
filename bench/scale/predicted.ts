/** What the model says of the installation that was watched (check.ts), to be put beside it. */
import type { Observed, ScaleResults } from './costs.ts'
import { loadOf } from './model.ts'
import { SITES, type Site } from './sites.ts'

const MS = 1_000

export type Figures = Omit<Observed, 'date' | 'lists' | 'webhooks'>

/** Computed for one replica that works and one that only serves. */
export function predicted({ lists, webhooks }: Observed, results: ScaleResults): Figures {
  const [base] = SITES
  if (!base) throw new Error('there is a site')
  const site: Site = {
    ...base,
    database: 'postgresql',
    devices: 0,
    years: 0,
    lists,
    webhooks,
    listsPerWebhook: 0,
  }
  const { week, replicaShare, statements, memoryBytes } = loadOf(site, results)
  const { deliveryMs, workPeakBytes } = results.costs
  return {
    statements,
    idleShare: replicaShare,
    workerSeconds: week.workerSeconds + (week.deliveries * deliveryMs) / MS,
    replicaSeconds: week.replicaSeconds,
    toldSeconds: week.toldSeconds,
    replicaBytes: memoryBytes - workPeakBytes,
  }
}
