import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Cloud } from '../../src/core/cloud.ts'
import type { Fetched } from '../../src/sources/contract.ts'
import { createFolderSource } from '../../src/sources/folder.ts'
import { temporaryFolder } from '../support/folder.ts'
import { fetchRequest } from './request.ts'

function fetchFrom(
  folder: string,
  cloud: Cloud = 'Public',
  signal?: AbortSignal,
): Promise<Fetched> {
  return createFolderSource(folder).fetch(fetchRequest({ cloud, ...(signal ? { signal } : {}) }))
}

describe('the folder source', () => {
  it('gives the newest file of the cloud, with its origin', async () => {
    const folder = temporaryFolder({
      'ServiceTags_Public_20251013.json': 'old',
      'ServiceTags_Public_20251028.json.gz': gzipSync('new'),
      'ServiceTags_China_20260720.json': 'other cloud',
      'ServiceTags_Public_20261399.json': 'no such day',
      'ServiceTags_Public_20260101.json.part': 'half',
    })
    const fetched = await fetchFrom(folder)
    expect(fetched.kind === 'document' && fetched.bytes.toString()).toBe('new')
    expect(fetched).toMatchObject({
      origin: {
        strategy: 'folder',
        url: pathToFileURL(join(folder, 'ServiceTags_Public_20251028.json.gz')).href,
        fileName: 'ServiceTags_Public_20251028.json.gz',
        fileDate: '2025-10-28',
        validators: {},
      },
    })
  })

  it('takes the plain file of a week that is there twice', async () => {
    const folder = temporaryFolder({
      'ServiceTags_Public_20251028.json.gz': gzipSync('zipped'),
      'ServiceTags_Public_20251028.json': 'plain',
    })
    const fetched = await fetchFrom(folder)
    expect(fetched.kind === 'document' && fetched.bytes.toString()).toBe('plain')
  })

  it('looks again each time', async () => {
    const folder = temporaryFolder({ 'ServiceTags_Public_20251028.json': 'one' })
    const source = createFolderSource(folder)
    expect(source.name).toBe('folder')
    expect(source.description).toContain(folder)
    expect((await fetchFrom(folder, 'China')).kind).toBe('refused')
    expect((await fetchFrom(folder, 'Public')).kind).toBe('document')
  })

  it('refuses a folder without a file of the cloud, naming both', async () => {
    const folder = temporaryFolder({ 'ServiceTags_China_20251028.json': '{}' })
    expect(await fetchFrom(folder)).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          path: folder,
          value: '1 other weekly files',
          reason: 'no file ServiceTags_Public_YYYYMMDD.json or .json.gz in the folder',
        },
      ],
    })
  })

  it('refuses a damaged file by its path', async () => {
    const folder = temporaryFolder({ 'ServiceTags_Public_20251028.json.gz': 'not gzip' })
    expect(await fetchFrom(folder)).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          path: join(folder, 'ServiceTags_Public_20251028.json.gz'),
          reason: expect.stringContaining('truncated or damaged gzip') as string,
        },
      ],
    })
  })

  it('leaves the retired XML to a person, also where it is the newest', async () => {
    const folder = temporaryFolder({
      'PublicIPs_20251103.xml': '<AzurePublicIpAddresses/>',
      'ServiceTags_Public_20251028.json': '{}',
    })
    expect(await fetchFrom(folder)).toMatchObject({ origin: { fileDate: '2025-10-28' } })
    expect((await fetchFrom(temporaryFolder({ 'PublicIPs_20200824.xml': '' }))).kind).toBe(
      'refused',
    )
  })

  it('records what it read, or why it could not', async () => {
    const folder = temporaryFolder({ 'ServiceTags_Public_20251028.json': '{}' })
    const [good, none] = [fetchRequest(), fetchRequest({ cloud: 'China' })]
    await createFolderSource(folder).fetch(good)
    await createFolderSource(folder).fetch(none)
    expect(good.attempts).toEqual([
      {
        strategy: 'folder',
        url: pathToFileURL(join(folder, 'ServiceTags_Public_20251028.json')).href,
        result: 'document',
        sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        bytes: 2,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      },
    ])
    expect(none.attempts).toMatchObject([
      {
        result: 'refused',
        url: pathToFileURL(folder).href,
        reason: expect.stringContaining('no file ServiceTags_China_') as string,
      },
    ])
  })

  it('is unavailable when the folder cannot be read', async () => {
    const fetched = await fetchFrom(join(temporaryFolder(), 'gone'))
    expect(fetched).toMatchObject({ kind: 'unavailable' })
    expect(fetched.kind === 'unavailable' && fetched.reason).toMatch(/gone cannot be read: ENOENT/)
  })

  it('does nothing once it is stopped', async () => {
    const folder = temporaryFolder({ 'ServiceTags_Public_20251028.json': '{}' })
    const fetched = await fetchFrom(folder, 'Public', AbortSignal.abort())
    expect(fetched).toMatchObject({ kind: 'unavailable', reason: `${folder}: stopped` })
  })
})
