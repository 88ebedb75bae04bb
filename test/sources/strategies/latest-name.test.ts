import { describe, expect, it } from 'vitest'
import type { FileDate } from '../../../src/core/file-date.ts'
import { createLatestName, dateOfLatest } from '../../../src/sources/strategies/latest-name.ts'
import { bytes, filePath, status, validated } from '../../support/publisher.ts'
import { fetchRequest } from '../request.ts'
import { DOCUMENT, startSetting } from './setting.ts'

const LATEST = filePath('Public', 'Latest')
const FRIDAY = 'Fri, 31 Oct 2025 09:00:00 GMT'

describe('the constant name', () => {
  it('brings the file with the date it most likely has', async () => {
    const { publisher, deps, asked } = await startSetting()
    publisher.answer(LATEST, validated(DOCUMENT, '"v1"', FRIDAY))
    const fetched = await createLatestName(deps).fetch(fetchRequest())
    expect(fetched).toMatchObject({
      kind: 'document',
      origin: {
        strategy: 'latest-name',
        url: publisher.origin + LATEST,
        fileName: 'ServiceTags_Public_Latest.json',
        fileDate: '2025-10-27',
        validators: { etag: '"v1"', lastModified: FRIDAY },
      },
    })
    expect(asked()).toEqual([LATEST])
  })

  it('is asked for with its validators, and the date stays the same', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(LATEST, validated(DOCUMENT, '"v1"', FRIDAY))
    const known = { etag: '"v1"', lastModified: FRIDAY }
    const request = fetchRequest({ validatorsOf: () => Promise.resolve(known) })
    expect(await createLatestName(deps).fetch(request)).toMatchObject({
      kind: 'not-modified',
      origin: { fileDate: '2025-10-27' },
    })
  })

  it('is known for Public alone', async () => {
    const { deps } = await startSetting()
    const { applies } = createLatestName(deps)
    expect(applies?.(fetchRequest())).toBe(true)
    for (const cloud of ['China', 'AzureGovernment', 'AzureGermany'] as const) {
      expect(applies?.(fetchRequest({ cloud })), cloud).toBe(false)
    }
  })

  it('does not bring a file that was last modified before the newest one we know of', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(LATEST, validated(DOCUMENT, '"v1"', 'Fri, 24 Oct 2025 09:00:00 GMT'))
    const request = fetchRequest({ newestFileDate: '2025-10-28' as FileDate })
    expect(await createLatestName(deps).fetch(request)).toMatchObject({
      kind: 'refused',
      refusals: [{ reason: 'last modified on 2025-10-24, and there is a file of 2025-10-28' }],
    })
    const named = { ...fetchRequest(), namedDate: '2025-10-28' as FileDate }
    expect((await createLatestName(deps).fetch(named)).kind).toBe('refused')
    expect(request.attempts).toMatchObject([{ status: 200, result: 'refused' }])
  })

  it('is unavailable when there is none', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(LATEST, status(404))
    expect((await createLatestName(deps).fetch(fetchRequest())).kind).toBe('unavailable')
    publisher.answer(LATEST, bytes('<html>', { 'content-type': 'text/html' }))
    expect((await createLatestName(deps).fetch(fetchRequest())).kind).toBe('refused')
  })
})

describe('the date of a file whose name has none', () => {
  const now = new Date('2025-10-31T12:00:00Z')

  it.each([
    ['the Monday before', FRIDAY, undefined, '2025-10-27'],
    ['that Monday itself', 'Mon, 27 Oct 2025 00:00:00 GMT', undefined, '2025-10-27'],
    ['the Monday of a Sunday', 'Sun, 26 Oct 2025 23:59:59 GMT', undefined, '2025-10-20'],
    ['the Monday before today, when nothing is said', undefined, undefined, '2025-10-27'],
    ['the same for what is no date', 'yesterday', undefined, '2025-10-27'],
    ['never later than now', 'Fri, 31 Oct 2036 09:00:00 GMT', undefined, '2025-10-27'],
    ['later than what we have', FRIDAY, '2025-10-20', '2025-10-27'],
    ['what we have, of that Monday', FRIDAY, '2025-10-27', '2025-10-27'],
    ['what we have, when its name is of a Tuesday', FRIDAY, '2025-10-28', '2025-10-28'],
    [
      'what we have, when it says so late',
      'Tue, 28 Oct 2025 01:00:00 GMT',
      '2025-10-28',
      '2025-10-28',
    ],
  ])('is %s', (_, modified, newest, date) => {
    const value = dateOfLatest(modified, now, newest as FileDate | undefined)
    expect(value).toEqual({ ok: true, value: date })
  })

  it('is none when it was last modified before the newest file', () => {
    const old = dateOfLatest('Mon, 27 Oct 2025 23:00:00 GMT', now, '2025-10-28' as FileDate)
    expect(old.ok).toBe(false)
    expect(dateOfLatest(undefined, now, '2025-11-03' as FileDate).ok).toBe(false)
  })
})
