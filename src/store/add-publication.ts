/** One more publication of a cloud, within a transaction that holds the cloud's lock. */
import type { Cloud } from '../core/cloud.ts'
import type { Publication, PublicationRequest } from './contract.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { databaseTime, publicationOf, type Queries } from './rows.ts'

export async function currentPublication(
  queries: Queries,
  cloud: Cloud,
): Promise<Publication | undefined> {
  const row = await queries.publication.findFirst({
    where: { cloud },
    orderBy: { serial: 'desc' },
  })
  return row ? publicationOf(row) : undefined
}

/** Later than every one before, should the database's clock have been put back. */
async function timeOfNext(tx: Queries, cloud: Cloud): Promise<Date> {
  const now = await databaseTime(tx)
  const last = (await currentPublication(tx, cloud))?.publishedAt
  return last && last >= now ? new Date(last.getTime() + 1) : now
}

/** The caller has compared the serial. What it changes is told as `ranges.changed`. */
export async function addPublication(
  tx: Queries,
  outbox: Outbox,
  cloud: Cloud,
  snapshotId: string,
  { kind, publishedBy, reason, expectedSerial, until, additionsOf }: PublicationRequest,
): Promise<Publication> {
  const serial = expectedSerial + 1
  const row = await tx.publication.create({
    data: {
      cloud,
      serial,
      publishedAt: await timeOfNext(tx, cloud),
      snapshotId,
      kind,
      publishedBy,
      reason,
      until: until ?? null,
      additionsOf: additionsOf ?? null,
    },
  })
  await tx.cloud.update({ where: { name: cloud }, data: { serial } })
  const key = `ranges.changed ${cloud} ${serial}`
  await addEvent(tx, outbox, { type: 'ranges.changed', cloud, key, facts: { serial } })
  return publicationOf(row)
}
