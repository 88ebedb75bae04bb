import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { RangewardenError } from '../../src/core/errors.ts'
import { listWeeklyFiles, readBounded } from '../../src/sources/weekly-files.ts'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith, REAL_DATA, realData } from '../support/requirements.ts'

async function errorOf(promise: Promise<unknown>): Promise<RangewardenError> {
  const outcome = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
  if (outcome instanceof RangewardenError) return outcome
  throw new Error(`not an error for callers: ${String(outcome)}`)
}

describe('listing weekly files', () => {
  it('gives those of files and folders in date order, each once, with cloud and date', async () => {
    const folder = temporaryFolder({
      'ServiceTags_Public_20251028.json': '{}',
      'ServiceTags_China_20251013.json.gz': gzipSync('{}'),
      'ServiceTags_Public_20251013.json': '{}',
      SHA256SUMS: 'x',
      'servicetags_public_20250101.json': '{}',
    })
    const other = temporaryFolder({ 'ServiceTags_AzureGovernment_20191231.json': '{}' })
    const single = join(other, 'ServiceTags_AzureGovernment_20191231.json')
    const twice = join(folder, 'ServiceTags_Public_20251028.json')
    const files = await listWeeklyFiles([twice, folder, relative(process.cwd(), single)])
    expect(files).toEqual([
      {
        cloud: 'AzureGovernment',
        fileDate: '2019-12-31',
        format: 'json',
        compressed: false,
        path: single,
        fileName: 'ServiceTags_AzureGovernment_20191231.json',
      },
      expect.objectContaining({ fileName: 'ServiceTags_Public_20251013.json' }),
      expect.objectContaining({ cloud: 'China', fileDate: '2025-10-13', compressed: true }),
      expect.objectContaining({ path: twice }),
    ])
  })

  it('puts the retired XML of a day before the file that says more', async () => {
    const names = [
      'ServiceTags_Public_20200817.json',
      'PublicIPs_20200824.xml',
      'ServiceTags_Public_20200824.json',
    ]
    // Two folders, so that the order of the paths is not the answer.
    const early = temporaryFolder({ [names[0] ?? '']: '{}', [names[2] ?? '']: '{}' })
    const late = temporaryFolder({ [names[1] ?? '']: '<a/>' })
    for (const paths of [
      [early, late],
      [late, early],
    ]) {
      const files = await listWeeklyFiles(paths)
      expect(files.map(({ fileName }) => fileName)).toEqual(names)
    }
  })

  it.each([
    ['missing.json', /missing\.json cannot be read: ENOENT/],
    ['notes.json', /notes\.json: a weekly file is named/],
    ['ServiceTags_Mars_20251028.json', /the cloud in the name is one of/],
    ['empty', /empty has no weekly file/],
  ])('refuses the path %s and says why', async (name, rule) => {
    const folder = temporaryFolder({ 'notes.json': '', 'ServiceTags_Mars_20251028.json': '' })
    mkdirSync(join(folder, 'empty'))
    const error = await errorOf(listWeeklyFiles([join(folder, name)]))
    expect(error.code).toBe('invalid-input')
    expect(error.message).toMatch(rule)
  })
})

describe('reading a weekly file', () => {
  const plain = 'ServiceTags_Public_20251028.json'
  const zipped = `${plain}.gz`

  it('gives the same bytes of the plain and of the zipped file', async () => {
    const folder = temporaryFolder({ [plain]: '{"a":1}\r\n', [zipped]: gzipSync('{"a":1}\r\n') })
    for (const name of [plain, zipped]) {
      const read = await readBounded(join(folder, name))
      expect(read.ok && read.value.toString()).toBe('{"a":1}\r\n')
    }
  })

  it.each([
    ['empty', plain, Buffer.alloc(0), /the file is empty/],
    ['zipped from nothing', zipped, gzipSync(''), /the unzipped file is empty/],
    ['cut', zipped, gzipSync('{"a":1}'.repeat(99)).subarray(0, 20), /truncated or damaged gzip/],
    ['not gzip', zipped, Buffer.from('{"a":1}'), /truncated or damaged gzip/],
    ['a gzip bomb', zipped, gzipSync(Buffer.alloc(40e6)), /more than 16777216 bytes/],
    ['too large', plain, Buffer.alloc(17e6), /17000000 bytes; at most 16777216 are read/],
  ])('refuses a file that is %s', async (_, name, content, rule) => {
    const path = join(temporaryFolder({ [name]: content }), name)
    const read = await readBounded(path)
    expect(read.ok ? '' : read.reason).toMatch(rule)
  })

  it('rejects for a file that is missing', async () => {
    await expect(readBounded(join(temporaryFolder(), plain))).rejects.toThrow('ENOENT')
  })

  it('does not wait for a writer when the name is that of a pipe', async () => {
    const path = join(temporaryFolder(), plain)
    execFileSync('mkfifo', [path])
    expect(await readBounded(path)).toEqual({ ok: false, reason: 'it is not a regular file' })
  })
})

describeWith([realData], 'the real weekly files', () => {
  it('are all listed in date order and readable', async () => {
    const files = await listWeeklyFiles([REAL_DATA])
    expect(files.length).toBeGreaterThan(30)
    const dates = files.map(({ fileDate }) => fileDate)
    expect(dates).toEqual(dates.toSorted())
    for (const file of files) {
      const read = await readBounded(file.path)
      expect(read.ok && read.value.subarray(0, 200).toString('utf8')).toContain(
        `"cloud": "${file.cloud}"`,
      )
    }
  })
})
