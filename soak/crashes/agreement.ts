/**
 * How long replicas take to agree: from quiet (both listen, the database answers, nothing has been
 * published since) until both serve the same bytes of every list, of what is published.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Installation } from './installation.ts'
import { disagreements, servesSnapshot } from './lists.ts'
import type { Finding } from './report.ts'

export interface Agreement {
  /** Milliseconds, one for every quiet that lasted long enough. */
  readonly times: readonly number[]
  readonly findings: readonly Finding[]
  /** When the quiet that is now has led to an agreement, or to a finding; everything is up. */
  settled(): Promise<void>
  stop(): Promise<void>
}

const PAUSE_MS = 10

/** Worth a line that says what was waited for. */
const SLOW_MS = 2_000

/** Longer than anybody waits: they will not agree any more. */
const MOST_MS = 60_000

export function measureAgreement(
  installation: Installation,
  say: (line: string) => void,
): Agreement {
  const times: number[] = []
  let last: readonly string[] = []
  const findings: Finding[] = []
  let measured: number | undefined
  let isStopped = false

  async function look(since: number): Promise<void> {
    const urls = installation.replicas()
    const snapshotId = installation.watch.now()?.snapshotId
    if (!urls || !snapshotId) return
    const different = await differences(urls, snapshotId).catch((error: unknown) => [String(error)])
    if (installation.quietSince() !== since) return
    const ms = performance.now() - since
    if (different.length === 0) {
      times.push(ms)
      if (ms > SLOW_MS)
        say(`replicas agreed after ${Math.round(ms)} ms; before: ${last.join('; ')}`)
    } else if (ms < MOST_MS) {
      last = different.slice(0, 3)
      return
    } else {
      const text = `replicas differ after ${MOST_MS} ms: ${different.slice(0, 3).join('; ')}`
      findings.push({ law: 'lists', text })
    }
    measured = since
  }

  async function goOn(): Promise<void> {
    while (!isStopped) {
      const since = installation.quietSince()
      if (since !== undefined && since !== measured) await look(since)
      await wait(PAUSE_MS)
    }
  }

  const underWay = goOn()
  return {
    times,
    findings,
    async settled() {
      const isSettled = (): boolean => {
        const since = installation.quietSince()
        return since !== undefined && since === measured
      }
      const deadline = performance.now() + 2 * MOST_MS
      while (!isSettled()) {
        if (performance.now() > deadline) throw new Error('there is no quiet in which to agree')
        await wait(PAUSE_MS)
      }
    },
    async stop() {
      isStopped = true
      await underWay
    },
  }
}

/** Looks at everything only when one list says that it is time. */
async function differences(
  urls: readonly [string, string],
  snapshotId: string,
): Promise<readonly string[]> {
  const areReady = await Promise.all(urls.map((url) => servesSnapshot(url, snapshotId)))
  if (areReady.includes(false)) return [`one does not serve ${snapshotId} yet`]
  return disagreements(urls, snapshotId)
}
