import { describe, expect, it } from 'vitest'
import type { FileDate } from '../../../src/core/file-date.ts'
import type { StrategyRequest } from '../../../src/sources/ask.ts'
import type { LastGood } from '../../../src/sources/contract.ts'
import { createPublisher } from '../../../src/sources/publisher.ts'
import { createLastGoodLink } from '../../../src/sources/strategies/last-good-link.ts'
import { filePath, validated } from '../../support/publisher.ts'
import { fetchRequest } from '../request.ts'
import { DOCUMENT, startSetting } from './setting.ts'

const FILE = filePath('Public', '20251028')
const MICROSOFT = 'https://download.microsoft.com'
const MODIFIED = 'Fri, 31 Oct 2025 17:01:02 GMT'
const DATE = '2025-10-28' as FileDate

describe('the last good link', () => {
  it('is asked whether it is still what it was', async () => {
    const { publisher, deps, asked } = await startSetting()
    publisher.answer(FILE, validated(DOCUMENT, '"v1"', MODIFIED))
    const url = publisher.origin + FILE
    const request = fetchRequest({
      lastGood: goodAt(url),
      validatorsOf: (of) => Promise.resolve(of === url ? { etag: '"v1"' } : undefined),
    })
    expect(await createLastGoodLink(deps).fetch(request)).toMatchObject({
      kind: 'not-modified',
      origin: { strategy: 'last-good-link', url, fileDate: DATE },
    })
    expect(asked()).toEqual([FILE])
    expect(request.attempts).toMatchObject([
      { strategy: 'last-good-link', url, status: 304, result: 'not-modified', etag: '"v1"' },
    ])
  })

  it('brings the file again where it is not remembered well enough', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(FILE, validated(DOCUMENT, '"v1"', MODIFIED))
    const lastGood = goodAt(MICROSOFT + FILE)
    expect(await createLastGoodLink(deps).fetch(fetchRequest({ lastGood }))).toMatchObject({
      kind: 'document',
      origin: { url: publisher.origin + FILE, fileDate: DATE },
    })
  })

  it.each<[string, Partial<StrategyRequest>]>([
    ['without one', { lastGood: undefined }],
    ['of an origin that is not asked any more', { lastGood: goodAt(`https://old.example${FILE}`) }],
    ['of a name without a date', { lastGood: goodAt(MICROSOFT + filePath('Public', 'Latest')) }],
    ['of another date', { lastGood: goodAt(MICROSOFT + filePath('Public', '20251027')) }],
    ['of another cloud', { cloud: 'China' }],
    ['when a page names a later file', { namedDate: '2025-11-03' as FileDate }],
    ['when a page names an earlier file', { namedDate: '2025-10-20' as FileDate }],
    ['that was asked before', { asked: new Set([MICROSOFT + FILE]) }],
  ])('is not tried %s', async (_, parts) => {
    const { deps } = await startSetting()
    const { applies } = createLastGoodLink({ ...deps, publisher: createPublisher() })
    const request = { ...fetchRequest({ lastGood: goodAt(MICROSOFT + FILE) }), namedDate: DATE }
    expect(applies?.(request)).toBe(true)
    expect(applies?.({ ...request, ...parts })).toBe(false)
  })
})

function goodAt(url: string): LastGood {
  return { url, fileDate: DATE }
}
