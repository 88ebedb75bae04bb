/** What somebody wants published, and how it is seen that it is: a wish may be lost, and is repeated. */
import { z } from 'zod'
import type { Rows } from '../kills/database-rules.ts'
import type { OfferedWeek } from '../kills/weeks.ts'
import { ask } from './client.ts'
import type { Seen } from './watch.ts'

export interface Act {
  readonly name: string
  readonly byPerson: boolean
  /** Asks once; who is asked may be gone before it answers. */
  begin(url: string): Promise<void>
  isDone(seen: Seen, rows: Rows): Promise<boolean>
  /** False while what was asked for may still be under way. */
  mayRepeat(seen: Seen): boolean
  /** Serials that were answered with 201: they are there for good. */
  readonly acknowledged: readonly number[]
}

/** The week is offered; a run takes it, into history only while a rollback is in force. */
export function takeWeek({ fileDate }: OfferedWeek): Act {
  return {
    name: `week of ${fileDate}`,
    byPerson: false,
    acknowledged: [],
    async begin(url) {
      await ask(url, 'POST', '/v1/runs')
    },
    mayRepeat: ({ run }) => run === 'finished',
    async isDone({ kind, snapshotId }, rows) {
      const sql = `SELECT id FROM snapshot WHERE file_date = '${fileDate}'`
      const [snapshot] = await rows(sql)
      return snapshot !== undefined && (kind === 'rollback' || snapshot['id'] === snapshotId)
    },
  }
}

const publicationShape = z.object({ serial: z.number() })

/** A person goes back to the week before, or ends that. */
export function decide(action: 'rollback' | 'release', number: number): Act {
  const reason = `${action} ${number} of a proof`
  const acknowledged: number[] = []
  const wish = {
    action,
    by: 'a person',
    reason,
    ...(action === 'rollback' ? { snapshot: 'previous' } : {}),
  }
  return {
    name: reason,
    byPerson: true,
    acknowledged,
    async begin(url) {
      const answer = await ask(url, 'POST', '/v1/publications', wish)
      if (answer?.status === 201) acknowledged.push(publicationShape.parse(answer.body).serial)
    },
    mayRepeat: () => true,
    isDone: (seen) => Promise.resolve(seen.reason === reason),
  }
}
