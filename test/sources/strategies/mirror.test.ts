import { describe, expect, it, onTestFinished } from 'vitest'
import type { FileDate } from '../../../src/core/file-date.ts'
import { createMirror } from '../../../src/sources/strategies/mirror.ts'
import { bytes, filePath, pagePath, startPublisher, weeklyPage } from '../../support/publisher.ts'
import { fetchRequest } from '../request.ts'
import { DOCUMENT, startSetting } from './setting.ts'

const FILE = filePath('Public', '20251028')

async function startMirror() {
  const mirror = await startPublisher()
  onTestFinished(() => mirror.close())
  mirror.answer(pagePath('Public'), bytes(weeklyPage('Public', ['20251028'])))
  mirror.answer(FILE, bytes(DOCUMENT))
  return mirror
}

describe('a mirror', () => {
  it('is asked for its page and the file that it links, and nobody else is', async () => {
    const { deps, asked } = await startSetting()
    const mirror = await startMirror()
    const request = fetchRequest()
    expect(await createMirror(deps, mirror.origin).fetch(request)).toMatchObject({
      kind: 'document',
      origin: { strategy: 'mirror', url: mirror.origin + FILE, fileDate: '2025-10-28' },
    })
    expect(mirror.requests.map(({ path }) => path)).toEqual([pagePath('Public'), FILE])
    expect(asked()).toEqual([])
    expect(request.attempts.map(({ strategy }) => strategy)).toEqual(['mirror', 'mirror'])
  })

  it('that lags behind the page of the publisher is refused', async () => {
    const { deps } = await startSetting()
    const mirror = await startMirror()
    const request = { ...fetchRequest(), namedDate: '2025-10-29' as FileDate }
    expect(await createMirror(deps, mirror.origin).fetch(request)).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          value: 'ServiceTags_Public_20251028.json',
          reason: 'another page names a file of 2025-10-29',
        },
      ],
    })
    expect(mirror.requests).toHaveLength(1)
  })
})
