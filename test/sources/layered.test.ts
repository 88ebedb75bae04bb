/** All five ways together, against publishers on loopback: who is asked, in which order, and when it ends. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FileDate } from '../../src/core/file-date.ts'
import type { Fetched, Source } from '../../src/sources/contract.ts'
import { createLayeredSource } from '../../src/sources/layered.ts'
import { createMicrosoftSource, MICROSOFT_LIMITS } from '../../src/sources/microsoft.ts'
import {
  bytes,
  filePath,
  gzipBomb,
  pagePath,
  redirect,
  startPublisher,
  status,
  validated,
  weeklyPage,
  wrongLength,
  type Behaviour,
  type Publisher,
} from '../support/publisher.ts'
import { fetchRequest } from './request.ts'
import { DOCUMENT, startSetting, type Setting } from './strategies/setting.ts'

const PAGE = pagePath('Public')
const FILE = filePath('Public', '20251028')
const OLD = filePath('Public', '20251013')
const LATEST = filePath('Public', 'Latest')
const HTML = { 'content-type': 'text/html' }

const newest = '2025-10-13' as FileDate

function microsoft({ deps, publisher }: Setting, mirror?: Publisher): Source {
  return createMicrosoftSource({
    version: '1.2.3',
    dispatcher: deps.dispatcher,
    publisherUrl: publisher.origin,
    mirrorUrl: mirror?.origin,
    limits: MICROSOFT_LIMITS,
  })
}

/** The week of 2025-10-13 is known and its file still there. */
function knownWeek({ publisher }: Setting) {
  publisher.answer(OLD, validated(DOCUMENT, '"old"', 'Thu, 16 Oct 2025 00:00:00 GMT'))
  const url = publisher.origin + OLD
  return fetchRequest({
    newestFileDate: newest,
    lastGood: { url, fileDate: newest },
    validatorsOf: (of) => Promise.resolve(of === url ? { etag: '"old"' } : undefined),
  })
}

async function startMirror(): Promise<Publisher> {
  const mirror = await startPublisher()
  onTestFinished(() => mirror.close())
  mirror.answer(PAGE, bytes(weeklyPage('Public', ['20251028'])))
  mirror.answer(FILE, bytes(DOCUMENT))
  return mirror
}

function found(fetched: Fetched): string {
  if (fetched.kind !== 'document' && fetched.kind !== 'not-modified') return fetched.kind
  return `${fetched.kind} by ${fetched.origin.strategy} of ${fetched.origin.fileDate}`
}

describe('the ways to a file', () => {
  it('end with the page while it works, and nothing is degraded', async () => {
    const setting = await startSetting()
    setting.publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028'])))
    setting.publisher.answer(FILE, bytes(DOCUMENT))
    const fetched = await microsoft(setting).fetch(knownWeek(setting))
    expect(found(fetched)).toBe('document by details-page of 2025-10-28')
    expect(fetched).not.toHaveProperty('degraded')
    expect(fetched).not.toHaveProperty('namedDate')
    expect(setting.asked()).toEqual([PAGE, FILE])
  })

  it('are gone through in order: page, constant name, guesses, last good link, mirror', async () => {
    const setting = await startSetting()
    const mirror = await startMirror()
    const request = knownWeek(setting)
    setting.publisher.answer(PAGE, status(503))
    setting.publisher.answer(OLD, status(500))
    const fetched = await microsoft(setting, mirror).fetch(request)
    expect(found(fetched)).toBe('document by mirror of 2025-10-28')
    const guesses = ['20251028', '20251027', '20251021', '20251020', '20251014']
    const guessed = guesses.map((date) => filePath('Public', date))
    expect(setting.asked()).toEqual([PAGE, LATEST, ...guessed, OLD])
    expect(mirror.requests.map(({ path }) => path)).toEqual([PAGE, FILE])
    expect(request.attempts.map(({ strategy }) => strategy)).toEqual([
      'details-page',
      'latest-name',
      ...guesses.map(() => 'dated-name'),
      'last-good-link',
      'mirror',
      'mirror',
    ])
  })

  const brokenPages: [string, Behaviour, RegExp][] = [
    ['no page', status(404), /^details-page: .*answered 404/],
    ['too many requests', status(429, '', { 'retry-after': '60' }), /answered 429/],
    ['no link', bytes('<title>Access Denied</title>'), /Access Denied: no link to ServiceTags_/],
    ['a redirect elsewhere', redirect('https://elsewhere.example/'), /redirect not followed/],
    ['an unknown encoding', bytes('x', { 'content-encoding': 'zstd' }), /only gzip, br are read/],
    ['a page that is too large', gzipBomb(6e6), /at most 5242880 bytes are read/],
    ['a truncated page', wrongLength('<html>', 500), /truncated/],
  ]

  it.each(brokenPages)('lead on after %s, and the answer says so', async (_, behaviour, said) => {
    const setting = await startSetting()
    setting.publisher.answer(PAGE, behaviour)
    setting.publisher.answer(
      LATEST,
      bytes(DOCUMENT, { 'last-modified': 'Fri, 31 Oct 2025 09:00:00 GMT' }),
    )
    const fetched = await microsoft(setting).fetch(fetchRequest())
    expect(found(fetched)).toBe('document by latest-name of 2025-10-27')
    expect(fetched.kind === 'document' && fetched.degraded).toMatch(said)
    expect(setting.asked()).toEqual([PAGE, LATEST])
  })

  const brokenFiles: [string, Behaviour][] = [
    ['a page of HTML with status 200', bytes('<html>', HTML)],
    ['an empty body', bytes('')],
    ['a truncated body', wrongLength(DOCUMENT, 500)],
    ['a file that is not there', status(404)],
    ['a redirect elsewhere', redirect('https://elsewhere.example/')],
  ]

  it.each(brokenFiles)('lead on after %s, but not back to an older file', async (_, behaviour) => {
    const setting = await startSetting()
    const request = knownWeek(setting)
    setting.publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028'])))
    setting.publisher.answer(FILE, behaviour)
    setting.publisher.answer(filePath('Public', '20251020'), bytes('an older week'))
    const fetched = await microsoft(setting).fetch(request)
    expect(found(fetched)).toMatch(/^(?:unavailable|refused)$/)
    // Neither FILE again nor a week between, nor whether the week we have is still there.
    expect(setting.asked()).toEqual([PAGE, FILE, LATEST])
  })

  it('find the file that the page names under the constant name', async () => {
    const setting = await startSetting()
    const url = `https://download.microsoft.com/download/moved/ServiceTags_Public_20251028.json`
    setting.publisher.answer(PAGE, bytes(weeklyPage('Public', [{ url }])))
    setting.publisher.answer(
      LATEST,
      bytes(DOCUMENT, { 'last-modified': 'Fri, 31 Oct 2025 09:00:00 GMT' }),
    )
    const fetched = await microsoft(setting).fetch(knownWeek(setting))
    expect(found(fetched)).toBe('document by latest-name of 2025-10-28')
  })

  it('find it in the known folder when the page leads elsewhere', async () => {
    const setting = await startSetting()
    const url = `https://download.microsoft.com/download/moved/ServiceTags_Public_20251028.json`
    setting.publisher.answer(PAGE, bytes(weeklyPage('Public', [{ url }])))
    setting.publisher.answer(FILE, bytes(DOCUMENT))
    const fetched = await microsoft(setting).fetch(knownWeek(setting))
    expect(found(fetched)).toBe('document by dated-name of 2025-10-28')
  })

  it('come down to the file we have, when only that can be asked for', async () => {
    const setting = await startSetting()
    const fetched = await microsoft(setting).fetch(knownWeek(setting))
    expect(found(fetched)).toBe('not-modified by last-good-link of 2025-10-13')
    expect(fetched.kind === 'not-modified' && fetched.degraded).toContain(`${PAGE}: answered 404`)
  })

  it('hand on a document that arrived, whatever it says', async () => {
    const setting = await startSetting()
    setting.publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028'])))
    setting.publisher.answer(FILE, bytes('not JSON'))
    setting.publisher.answer(LATEST, bytes(DOCUMENT))
    const fetched = await microsoft(setting).fetch(knownWeek(setting))
    expect(fetched.kind === 'document' && fetched.bytes.toString()).toBe('not JSON')
    expect(setting.asked()).toEqual([PAGE, FILE])
  })

  it('are those that the cloud has', async () => {
    const setting = await startSetting()
    const fetched = await microsoft(setting).fetch(fetchRequest({ cloud: 'AzureGermany' }))
    const page = setting.publisher.origin + pagePath('AzureGermany')
    expect(fetched).toEqual({
      kind: 'unavailable',
      reason: `${page}: answered 404; only 200 brings a file`,
      url: page,
    })
    expect(setting.asked()).toEqual([pagePath('AzureGermany')])
  })
})

describe('when every way fails', () => {
  it('the answer is that of the first, with how many others there were', async () => {
    const setting = await startSetting()
    setting.publisher.answer(PAGE, status(503))
    setting.publisher.answer(LATEST, bytes('<html>', HTML))
    const fetched = await microsoft(setting).fetch(fetchRequest())
    expect(fetched).toEqual({
      kind: 'unavailable',
      reason:
        `${setting.publisher.origin}${PAGE}: answered 503; only 200 brings a file; ` +
        '2 other ways failed too: latest-name, dated-name',
      url: setting.publisher.origin + PAGE,
    })
  })

  it('a refusal stays one', async () => {
    const setting = await startSetting()
    setting.publisher.answer(pagePath('China'), bytes('<title>Maintenance</title>'))
    const fetched = await microsoft(setting).fetch(fetchRequest({ cloud: 'China' }))
    expect(fetched).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          value: expect.stringContaining('Maintenance') as string,
          reason: expect.stringMatching(/; 1 other way failed too: dated-name$/) as string,
        },
      ],
    })
  })

  it('the longest time that anyone asks for is asked for', async () => {
    const setting = await startSetting()
    const seconds = { 'retry-after': '120' }
    setting.publisher.answer(PAGE, status(429, '', { 'retry-after': '30' }))
    setting.publisher.answer(LATEST, status(503, '', seconds))
    expect(await microsoft(setting).fetch(fetchRequest())).toMatchObject({ retryAfterSeconds: 120 })
    setting.publisher.answer(LATEST, status(500, '', seconds))
    expect(await microsoft(setting).fetch(fetchRequest())).toMatchObject({ retryAfterSeconds: 30 })
    const date = { 'retry-after': 'Fri, 31 Oct 2025 13:00:00 GMT' }
    setting.publisher.answer(PAGE, status(503, '', date))
    expect(await microsoft(setting).fetch(fetchRequest())).toMatchObject({
      retryAfterSeconds: 3600,
    })
  })

  it('a host that is down is asked once by each way', async () => {
    const setting = await startSetting()
    const gone = await startPublisher()
    await gone.close()
    const request = knownWeek(setting)
    const fetched = await createMicrosoftSource({
      version: '1',
      dispatcher: setting.deps.dispatcher,
      publisherUrl: gone.origin,
    }).fetch({ ...request, lastGood: { url: gone.origin + OLD, fileDate: newest } })
    expect(fetched.kind).toBe('unavailable')
    expect(request.attempts.map(({ strategy }) => strategy)).toEqual([
      'details-page',
      'latest-name',
      'dated-name',
      'last-good-link',
    ])
    expect(request.attempts.every((attempt) => !('status' in attempt))).toBe(true)
  })

  it('it says so when there was none', async () => {
    const fetched = await createLayeredSource('none', 'no way', []).fetch(fetchRequest())
    expect(fetched).toEqual({ kind: 'unavailable', reason: 'there was no way to try' })
  })
})

describe('a stop', () => {
  it.each([
    ['at the page', PAGE, [PAGE]],
    ['at the constant name', LATEST, [PAGE, LATEST]],
    ['at a guess', FILE, [PAGE, LATEST, FILE]],
  ])('%s ends it: nothing more is asked', async (_, path, asked) => {
    const setting = await startSetting()
    const stop = new AbortController()
    setting.publisher.answer(path, () => stop.abort())
    const request = { ...knownWeek(setting), signal: stop.signal }
    const fetched = await microsoft(setting, await startMirror()).fetch(request)
    expect(fetched.kind === 'unavailable' && fetched.reason).toMatch(/stopped by the caller/)
    expect(setting.asked()).toEqual(asked)
  })
})
