import { describe, expect, it } from 'vitest'
import type { FileDate } from '../../../src/core/file-date.ts'
import { createDatedName } from '../../../src/sources/strategies/dated-name.ts'
import { bytes, filePath, resetAtOnce, status, type Behaviour } from '../../support/publisher.ts'
import { fetchRequest } from '../request.ts'
import { DOCUMENT, startSetting } from './setting.ts'

/** Mondays and Tuesdays of the five weeks up to 2025-10-31. */
const GUESSES = [
  ...['20251028', '20251027', '20251021', '20251020', '20251014', '20251013'],
  ...['20251007', '20251006', '20250930', '20250929'],
]

function pathsOf(dates: readonly string[]): string[] {
  return dates.map((date) => filePath('Public', date))
}

describe('guessed names', () => {
  it('are those of the Mondays and Tuesdays of five weeks, newest first, each once', async () => {
    const { deps, asked } = await startSetting()
    const request = fetchRequest()
    expect(await createDatedName(deps).fetch(request)).toEqual({
      kind: 'unavailable',
      reason: 'none of 10 names from 2025-09-29 to 2025-10-28 is there',
    })
    expect(asked()).toEqual(pathsOf(GUESSES))
    expect(request.attempts.map(({ status, result }) => `${status} ${result}`)).toEqual(
      GUESSES.map(() => '404 unavailable'),
    )
  })

  it('end with the first that is there', async () => {
    const { publisher, deps, asked } = await startSetting()
    publisher.answer(filePath('Public', '20251020'), bytes(DOCUMENT))
    publisher.answer(filePath('Public', '20251013'), bytes('older'))
    expect(await createDatedName(deps).fetch(fetchRequest())).toMatchObject({
      kind: 'document',
      origin: {
        strategy: 'dated-name',
        fileName: 'ServiceTags_Public_20251020.json',
        fileDate: '2025-10-20',
      },
    })
    expect(asked()).toEqual(pathsOf(GUESSES.slice(0, 4)))
  })

  it('include today, but nothing later', async () => {
    const { deps, asked } = await startSetting()
    const now = new Date('2025-10-27T00:00:01Z')
    await createDatedName(deps).fetch(
      fetchRequest({ now, newestFileDate: '2025-10-20' as FileDate }),
    )
    expect(asked()).toEqual(pathsOf(['20251027', '20251021']))
  })

  it.each<[string, Behaviour]>([
    ['500', status(500)],
    ['403', status(403)],
    ['a reset', resetAtOnce()],
    ['a page', bytes('<html>', { 'content-type': 'text/html' })],
  ])('end with %s, which would only be repeated', async (_, behaviour) => {
    const { publisher, deps, asked } = await startSetting()
    publisher.answer(filePath('Public', '20251027'), behaviour)
    publisher.answer(filePath('Public', '20251020'), bytes(DOCUMENT))
    expect((await createDatedName(deps).fetch(fetchRequest())).kind).not.toBe('document')
    expect(asked()).toEqual(pathsOf(GUESSES.slice(0, 2)))
  })

  it('go on after 410', async () => {
    const { publisher, deps } = await startSetting()
    publisher.answer(filePath('Public', '20251028'), status(410))
    publisher.answer(filePath('Public', '20251027'), bytes(DOCUMENT))
    expect((await createDatedName(deps).fetch(fetchRequest())).kind).toBe('document')
  })

  it('are none without a date that would be news, and for a retired cloud', async () => {
    const { deps } = await startSetting()
    const { applies } = createDatedName(deps)
    const known = (date: string) => fetchRequest({ newestFileDate: date as FileDate })
    expect(applies?.(known('2025-10-28'))).toBe(false)
    expect(applies?.(known('2025-10-27'))).toBe(true)
    expect(applies?.(fetchRequest({ cloud: 'AzureGermany' }))).toBe(false)
    expect(applies?.(fetchRequest({ cloud: 'China' }))).toBe(true)
  })

  it('leave out what was asked before, and what is older than the file a page names', async () => {
    const { deps, asked } = await startSetting()
    const before = deps.publisher.fileUrl('Public', 'ServiceTags_Public_20251027.json').href
    const request = {
      ...fetchRequest(),
      asked: new Set([before]),
      namedDate: '2025-10-21' as FileDate,
    }
    await createDatedName(deps).fetch(request)
    expect(asked()).toEqual(pathsOf(['20251028', '20251021']))
  })
})
