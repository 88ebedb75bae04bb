/** What is out of the ordinary about a list: told in its head, by the API and once in the log. */
import type { Logger } from 'pino'
import type { ListContent } from './content.ts'

export type ListNotices = Pick<
  ListContent,
  'missingTags' | 'emptyTags' | 'kept' | 'rolledBack' | 'leaving' | 'widened' | 'unfit'
>

export function noticesOf(content: ListContent): ListNotices {
  const { missingTags, emptyTags, kept, rolledBack, leaving, widened, unfit } = content
  return { missingTags, emptyTags, kept, rolledBack, leaving, widened, unfit }
}

/**
 * Logs that tags are without addresses, and that a budget is not kept, when it begins or changes
 * and when it is over.
 */
export function logNotices(
  log: Logger,
  allowlist: string,
  before: ListNotices | undefined,
  now: ListNotices,
): void {
  logBudget(log, allowlist, before, now)
  const [facts, known] = [tagFacts(now), before && tagFacts(before)]
  if (JSON.stringify(facts) === JSON.stringify(known)) return
  if (facts) log.warn({ allowlist, ...facts }, 'An allowlist names what has no addresses')
  else if (known) log.info({ allowlist }, 'An allowlist has addresses for all it names again')
}

/** A list that is only wider than selected says so itself, and was asked for. */
function logBudget(
  log: Logger,
  allowlist: string,
  before: ListNotices | undefined,
  now: ListNotices,
): void {
  const [reason, known] = [now.unfit?.reason, before?.unfit?.reason]
  if (reason === known) return
  if (reason === undefined) log.info({ allowlist }, 'An allowlist fits its budget again')
  else log.warn({ allowlist, reason }, 'An allowlist does not fit its budget and is refused')
}

function tagFacts({ missingTags, emptyTags, kept }: ListNotices) {
  const isUsual = missingTags.length + emptyTags.length === 0 && kept === undefined
  return isUsual ? undefined : { missingTags, emptyTags, kept }
}
