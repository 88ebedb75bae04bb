/** A decision that was taken over the API: it is logged, and served before it is answered. */
import type { Logger } from 'pino'

export interface DecidedDeps {
  /** Brings the lists to what the database says. */
  readonly refresh: () => Promise<void>
  readonly log: Logger
}

/**
 * Call it when the decision is committed. Lists that cannot be prepared change nothing of that: it
 * is logged, the lists before are served, and whoever keeps up with the database tries again.
 */
export async function decided(
  { refresh, log }: DecidedDeps,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  log.info(facts, 'A person has decided')
  await refresh().catch((err: unknown) => {
    log.error({ err, ...facts }, 'Lists could not be prepared, the ones before are still served')
  })
}
