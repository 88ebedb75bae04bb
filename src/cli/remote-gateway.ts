/** The data from a running service, over its API. */
import { z } from 'zod'
import type { Cloud } from '../core/cloud.ts'
import { RangewardenError } from '../core/errors.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import { changesShape } from '../views/changes.ts'
import { driftShape } from '../views/drift.ts'
import { holdDecisionShape, holdsShape } from '../views/hold.ts'
import { lookupShape } from '../views/lookup.ts'
import { publicationShape, publicationsShape } from '../views/publication.ts'
import { refusalShape, type RefusalView } from '../views/refusal.ts'
import { runShape } from '../views/run.ts'
import { snapshotShape } from '../views/snapshot.ts'
import { uploadShape, type UploadView } from '../views/upload.ts'
import type { Client } from './client.ts'
import type { CurrentOfCloud, Gateway, ImportedFile } from './gateway.ts'
import { readWeeklyFile } from './read-weekly-file.ts'

const snapshotsShape = z.object({ snapshots: z.array(snapshotShape), next: z.string().nullable() })
const lookupResultShape = z.object({ query: z.string(), answers: z.array(lookupShape) })
const lookupResultsShape = z.object({ results: z.array(lookupResultShape) })
const requestedShape = z.object({ run: runShape })

export function createRemoteGateway(client: Client): Gateway {
  /** The last file of each cloud that the service took. */
  const taken = new Map<Cloud, Uploadable>()

  async function* uploadFiles(files: readonly WeeklyFile[]): AsyncIterable<ImportedFile> {
    for (const file of files) {
      const found = await readWeeklyFile(file)
      if (!found.ok) {
        const refusals = [{ path: '', value: file.fileName, reason: found.reason }]
        yield { kind: 'refused', file, refusals }
        continue
      }
      const document = { name: file.fileName.replace(/\.gz$/, ''), bytes: found.value }
      const imported = await upload(client, document, false).then(
        ({ snapshot, isNew, reasons }): ImportedFile => {
          taken.set(file.cloud, document)
          return { kind: 'accepted', file, snapshot: snapshot.id, isNew, reasons }
        },
        (error: unknown): ImportedFile => {
          return { kind: 'refused', file, refusals: refusalsOf(error) }
        },
      )
      yield imported
    }
  }

  /** Known by then: sending the newest file once more publishes it, if that is meant at all. */
  async function publishImported(cloud: Cloud): Promise<CurrentOfCloud | undefined> {
    const newest = taken.get(cloud)
    const answer = newest && (await upload(client, newest, true))
    const query = { cloud, limit: 1 }
    const { publications } = await client.get('/v1/publications', publicationsShape, query)
    const [current] = publications
    if (!current) return undefined
    const { serial, snapshot } = current
    const path = `/v1/snapshots/${encodeURIComponent(snapshot)}`
    const { fileDate } = await client.get(path, snapshotShape)
    const published = answer ? answer.publication !== null : false
    return { cloud, snapshot, fileDate, serial, published }
  }

  return {
    snapshots: ({ cloud, limit }) => client.get('/v1/snapshots', snapshotsShape, { cloud, limit }),

    changes({ cloud, from, to, tag, region }) {
      return client.get('/v1/changes', changesShape, { cloud, from, to, tag, region })
    },

    lookup: ({ addresses, cloud, at }) => {
      return client.post('/v1/lookup', lookupResultsShape, { addresses, cloud, at })
    },

    list({ format, allowlist, tags, regions, families, at, ...others }) {
      const name = encodeURIComponent(format)
      if (allowlist !== undefined) {
        return client.bytes(`/v1/allowlists/${encodeURIComponent(allowlist)}/${name}`, { at })
      }
      const query = { ...others, tag: tags, region: regions, family: families, at }
      return client.bytes(`/v1/export/${name}`, query)
    },

    check({ allowlist, file, device, parts }) {
      const path = `/v1/allowlists/${encodeURIComponent(allowlist)}/check`
      // Compressed, nothing at all is taken for a file that was cut off.
      const bytes = file.length > 0 ? file : Buffer.from('\n')
      return client.upload(path, driftShape, bytes, { device, parts })
    },

    report: async (wish) => String(await client.bytes('/v1/report', { ...wish })),

    async requestRun({ cloud, dryRun }) {
      return (await client.post('/v1/runs', requestedShape, { cloud, dryRun })).run
    },

    run: (id) => client.get(`/v1/runs/${encodeURIComponent(id)}`, runShape),

    holds: ({ cloud, state, limit }) =>
      client.get('/v1/holds', holdsShape, { cloud, state, limit }),

    decide({ id, decision, by, reason, contentHash }) {
      return client.post(`/v1/holds/${id}/${decision}`, holdDecisionShape, {
        by,
        reason,
        contentHash,
      })
    },

    publish: (wish) => client.post('/v1/publications', publicationShape, wish),

    importFiles: uploadFiles,
    publishImported,
  }
}

interface Uploadable {
  readonly name: string
  readonly bytes: Uint8Array
}

function upload(
  client: Client,
  { name, bytes }: Uploadable,
  publish: boolean,
): Promise<UploadView> {
  return client.upload('/v1/documents', uploadShape, bytes, { name, publish: String(publish) })
}

/** Of a document that was refused; anything else that went wrong ends the import. */
function refusalsOf(error: unknown): RefusalView[] {
  if (!(error instanceof RangewardenError) || error.code !== 'upstream-refused') throw error
  return z.array(refusalShape).parse(error.facts['refusals'])
}
