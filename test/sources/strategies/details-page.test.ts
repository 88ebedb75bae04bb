/** What the details page's failures say to the ways after it; the fetch itself: microsoft.test.ts. */
import { describe, expect, it } from 'vitest'
import { createDetailsPage } from '../../../src/sources/strategies/details-page.ts'
import { bytes, filePath, pagePath, weeklyPage } from '../../support/publisher.ts'
import { fetchRequest } from '../request.ts'
import { DOCUMENT, startSetting } from './setting.ts'

const PAGE = pagePath('Public')

describe('the details page', () => {
  it('says which file it named when that one cannot be had', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028', '20251013'])))
    const fetched = await createDetailsPage(deps).fetch(fetchRequest())
    expect(fetched).toMatchObject({ kind: 'unavailable', namedDate: '2025-10-28' })
  })

  it('names nothing that is dated in the future', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(PAGE, bytes(weeklyPage('Public', ['20361028'])))
    const fetched = await createDetailsPage(deps).fetch(fetchRequest())
    expect(fetched.kind).toBe('unavailable')
    expect(fetched).not.toHaveProperty('namedDate')
  })

  it('tries at most four links of the newest date', async () => {
    const { publisher, deps, asked } = await startSetting()
    const links = [1, 2, 3, 4, 5].map((n) => ({
      url: `https://download.microsoft.com/download/${n}/ServiceTags_Public_20251028.json`,
    }))
    publisher.answer(PAGE, bytes(weeklyPage('Public', links)))
    publisher.answer('/download/5/ServiceTags_Public_20251028.json', bytes(DOCUMENT))
    expect((await createDetailsPage(deps).fetch(fetchRequest())).kind).toBe('unavailable')
    expect(asked()).toHaveLength(1 + 4)
  })

  it('records the page, then the file, with what arrived', async () => {
    const { publisher, deps } = await startSetting()
    const file = filePath('Public', '20251028')
    const page = weeklyPage('Public', ['20251028'])
    publisher.answer(PAGE, bytes(page))
    publisher.answer(file, bytes(DOCUMENT, { etag: '"v1"', 'last-modified': 'then' }))
    const request = fetchRequest()
    await createDetailsPage(deps).fetch(request)
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string
    const common = { strategy: 'details-page', status: 200, sha256: hash, at }
    expect(request.attempts).toEqual([
      { ...common, url: publisher.origin + PAGE, result: 'page', bytes: page.length },
      {
        ...common,
        url: publisher.origin + file,
        result: 'document',
        bytes: DOCUMENT.length,
        etag: '"v1"',
        lastModified: 'then',
      },
    ])
  })
})
