/**
 * What this host itself resolves. A connector behind a proxy need not: it is told for information,
 * and used to dial directly.
 */

export type Resolve = (name: string) => Promise<readonly string[]>

export interface LocalNames {
  /** Empty for a name that this host does not resolve. */
  resolve: Resolve
  /** Of all names that were asked for, when the last has its answer. */
  known(): Promise<ReadonlyMap<string, readonly string[]>>
}

/**
 * Each name is asked for once and one at a time, and none any more after one that got no answer in
 * time: the system's resolver cannot be stopped, and every question keeps the process from ending.
 */
export function localNames(resolve: Resolve, timeoutMs: number, stop: AbortSignal): LocalNames {
  const asked = new Map<string, Promise<readonly string[]>>()
  let last: Promise<unknown> = Promise.resolve()
  let isSilent = false

  async function ask(name: string): Promise<readonly string[]> {
    if (isSilent || stop.aborted) return []
    const limit = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
    const answer = await Promise.race([resolve(name), endOf(limit)])
    if (answer === undefined) isSilent = true
    return answer ?? []
  }

  return {
    resolve(name) {
      const answer = asked.get(name) ?? last.then(() => ask(name))
      if (!asked.has(name)) last = answer
      asked.set(name, answer)
      return answer
    },
    async known() {
      const entries = [...asked].map(async ([name, answer]) => [name, await answer] as const)
      return new Map(await Promise.all(entries))
    },
  }
}

function endOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
