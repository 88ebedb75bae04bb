/** The data from a running service, over its API. */
import { z } from 'zod'
import { changesShape } from '../views/changes.ts'
import { lookupShape } from '../views/lookup.ts'
import { runShape } from '../views/run.ts'
import { snapshotShape } from '../views/snapshot.ts'
import type { Client } from './client.ts'
import type { Gateway } from './gateway.ts'

const snapshotsShape = z.object({ snapshots: z.array(snapshotShape), next: z.string().nullable() })
const lookupResultShape = z.object({ query: z.string(), answers: z.array(lookupShape) })
const lookupResultsShape = z.object({ results: z.array(lookupResultShape) })
const requestedShape = z.object({ run: runShape })

export function createRemoteGateway(client: Client): Gateway {
  return {
    snapshots: ({ cloud, limit }) => client.get('/v1/snapshots', snapshotsShape, { cloud, limit }),

    changes({ cloud, from, to, tag, region }) {
      return client.get('/v1/changes', changesShape, { cloud, from, to, tag, region })
    },

    lookup: ({ addresses, cloud, at }) => {
      return client.post('/v1/lookup', lookupResultsShape, { addresses, cloud, at })
    },

    list({ format, allowlist, cloud, tags, regions, families, endpoints, at }) {
      const name = encodeURIComponent(format)
      if (allowlist !== undefined) {
        return client.bytes(`/v1/allowlists/${encodeURIComponent(allowlist)}/${name}`, { at })
      }
      const query = { cloud, tag: tags, region: regions, family: families, endpoints, at }
      return client.bytes(`/v1/export/${name}`, query)
    },

    async requestRun({ cloud, dryRun }) {
      return (await client.post('/v1/runs', requestedShape, { cloud, dryRun })).run
    },

    run: (id) => client.get(`/v1/runs/${encodeURIComponent(id)}`, runShape),
  }
}
