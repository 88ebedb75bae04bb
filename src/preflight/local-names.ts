/**
 * What this host itself resolves. A connector behind a proxy need not: it is told for information,
 * and used to dial directly.
 */
import { accept, refuse, type Result } from '../core/result.ts'

/** Empty for a name that does not exist; rejects where that could not be found out. */
export type Resolve = (name: string) => Promise<readonly string[]>

/** By name; undefined for a name of which this host could not tell. */
export type KnownAddresses = ReadonlyMap<string, readonly string[] | undefined>

export interface LocalNames {
  /** Empty for a name that does not exist; a refusal says why it is not known. */
  resolve(name: string): Promise<Result<readonly string[]>>
  /** Of all names that were asked for, when the last has its answer. */
  known(): Promise<KnownAddresses>
}

const SILENT = "this host's resolver gave no answer in time"
const NOT_ASKED = 'not asked for: another name had no answer in time'
const FAILED = "this host's resolver failed"

/**
 * Each name is asked for once and one at a time, and none any more after one that got no answer in
 * time: the system's resolver cannot be stopped, and every question keeps the process from ending.
 */
export function localNames(resolve: Resolve, timeoutMs: number, stop: AbortSignal): LocalNames {
  const asked = new Map<string, Promise<Result<readonly string[]>>>()
  let last: Promise<unknown> = Promise.resolve()
  let isSilent = false

  async function ask(name: string): Promise<Result<readonly string[]>> {
    if (isSilent || stop.aborted) return refuse(NOT_ASKED)
    const limit = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
    const answer = await Promise.race([answerOf(resolve, name), endOf(limit)])
    if (answer !== undefined) return answer
    isSilent = true
    return refuse(SILENT)
  }

  return {
    resolve(name) {
      const answer = asked.get(name) ?? last.then(() => ask(name))
      if (!asked.has(name)) last = answer
      asked.set(name, answer)
      return answer
    },
    async known() {
      const entries = [...asked].map(async ([name, asking]) => {
        const answer = await asking
        return [name, answer.ok ? answer.value : undefined] as const
      })
      return new Map(await Promise.all(entries))
    },
  }
}

async function answerOf(resolve: Resolve, name: string): Promise<Result<readonly string[]>> {
  try {
    return accept(await resolve(name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return refuse(code === undefined ? FAILED : `${FAILED} (${code})`)
  }
}

function endOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
