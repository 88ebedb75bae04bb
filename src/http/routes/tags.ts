/** GET /v1/tags and /v1/tags/{name}: the service tags of what is published, or of a past day. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { notFound, RangewardenError } from '../../core/errors.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { cloudOrOnly, resolveSnapshot } from '../../history/resolve.ts'
import type { Lists } from '../../lists/lists.ts'
import { nearestName } from '../../core/nearest-name.ts'
import type { HistoryStore, SnapshotRecord } from '../../store/contract.ts'
import { snapshotShape, snapshotView } from '../../views/snapshot.ts'
import { tagShape, tagSummaryShape, tagSummaryView, tagView } from '../../views/tag.ts'
import { problems } from '../problem.ts'
import { atParameter, cloudParameter } from '../schemas/parameters.ts'

export interface TagRoutesOptions {
  readonly history: HistoryStore
  readonly lists: Pick<Lists, 'published'>
  readonly clouds: readonly Cloud[]
}

const query = z.strictObject({ cloud: cloudParameter, at: atParameter })

/** How many names a "did you mean" offers. */
const OFFERED = 5

export const tagRoutes: FastifyPluginCallbackZod<TagRoutesOptions> = (app, options, done) => {
  app.route({
    method: 'GET',
    url: '/v1/tags',
    schema: {
      operationId: 'listTags',
      tags: ['tags'],
      summary: 'Every service tag with region, service, features and counts',
      querystring: query,
      response: {
        200: z.object({ snapshot: snapshotShape, tags: z.array(tagSummaryShape) }),
        ...problems(400, 404, 500, 503),
      },
    },
    handler: async ({ query: { cloud, at } }) => {
      const { record, snapshot } = await snapshotAt(options, cloud, at)
      return {
        snapshot: snapshotView(record),
        tags: [...snapshot.tags.values()].map(tagSummaryView),
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/tags/:name',
    schema: {
      operationId: 'getTag',
      tags: ['tags'],
      summary: 'One service tag with its prefixes',
      params: z.strictObject({ name: z.string().describe('`Storage.WestEurope`') }),
      querystring: query,
      response: {
        200: z.object({ snapshot: snapshotShape, tag: tagShape }),
        ...problems(400, 404, 500, 503),
      },
    },
    handler: async ({ params: { name }, query: { cloud, at } }) => {
      const { record, snapshot } = await snapshotAt(options, cloud, at)
      const tag = snapshot.tags.get(name)
      if (!tag) throw unknownTag(name, record, snapshot)
      return { snapshot: snapshotView(record), tag: tagView(tag) }
    },
  })
  done()
}

interface Dated {
  readonly record: SnapshotRecord
  readonly snapshot: Snapshot
}

async function snapshotAt(
  { history, lists, clouds }: TagRoutesOptions,
  named: string | undefined,
  at: string | undefined,
): Promise<Dated> {
  const cloud = cloudOrOnly(named, clouds)
  if (at !== undefined) {
    const record = await resolveSnapshot(history, cloud, at)
    return { record, snapshot: await history.load(record) }
  }
  const published = lists.published(cloud)
  if (published) return published
  if (clouds.includes(cloud)) {
    const message = `nothing is published for ${cloud} yet: the first sync has not succeeded`
    throw new RangewardenError('not-ready', message, { cloud })
  }
  throw notFound(
    `nothing is published for ${cloud}, which is not followed here (followed are ` +
      `${clouds.join(', ')}); at=latest asks its history`,
    { cloud },
  )
}

function unknownTag(name: string, record: SnapshotRecord, { tags }: Snapshot): RangewardenError {
  const names = [...tags.keys()]
  const lower = name.toLowerCase()
  const nearest = nearestName(name, names)
  const alike = names.filter((known) => known.toLowerCase().includes(lower))
  const near = [...new Set([...(nearest === undefined ? [] : [nearest]), ...alike])]
  const offered = near.slice(0, OFFERED)
  const hint = offered.length > 0 ? `: did you mean ${offered.join(', ')}?` : ''
  const message = `no service tag "${name}" in ${record.cloud} of ${record.fileDate}${hint}`
  return notFound(message, { tag: name, near: offered })
}
