import { gzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fetched, FetchRequest, Validators } from '../../src/sources/contract.ts'
import { createDispatcher } from '../../src/sources/dispatcher.ts'
import {
  createMicrosoftSource,
  MICROSOFT_LIMITS,
  type MicrosoftLimits,
} from '../../src/sources/microsoft.ts'
import {
  bytes,
  compressed,
  cutChunked,
  filePath,
  gzipBomb,
  huge,
  pagePath,
  redirect,
  resetAtOnce,
  resetMidBody,
  stallBeforeHeaders,
  stallMidBody,
  startPublisher,
  status,
  trickle,
  validated,
  weeklyPage,
  wrongLength,
  type Behaviour,
  type Publisher,
} from '../support/publisher.ts'
import { fetchRequest } from './request.ts'

const PAGE = pagePath('Public')
const FILE = filePath('Public', '20251028')
const DOCUMENT = '{"changeNumber":375,"cloud":"Public","values":[]}'
const HURRIED: MicrosoftLimits = {
  ...MICROSOFT_LIMITS,
  http: { totalMs: 20_000, headersMs: 150, silenceMs: 150, redirects: 5 },
}

let publisher: Publisher
let dispatcher: Dispatcher

beforeEach(async () => {
  publisher = await startPublisher()
  dispatcher = createDispatcher({})
  publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028'])))
})

afterEach(async () => {
  await dispatcher.destroy()
  await publisher.close()
})

interface Asked {
  readonly limits?: MicrosoftLimits
  readonly signal?: AbortSignal
  readonly known?: Readonly<Record<string, Validators>>
}

function fetchPublic({ limits, signal, known = {} }: Asked = {}): Promise<Fetched> {
  const source = createMicrosoftSource({
    version: '1.2.3',
    dispatcher,
    publisherUrl: publisher.origin,
    limits,
  })
  const validatorsOf: FetchRequest['validatorsOf'] = (url) => Promise.resolve(known[url])
  return source.fetch(fetchRequest({ validatorsOf, ...(signal ? { signal } : {}) }))
}

function textOf(fetched: Fetched): string {
  return fetched.kind === 'document' ? fetched.bytes.toString('utf8') : `(${fetched.kind})`
}

/** Everything a refusal or failure says, in one text. */
function saidBy(fetched: Fetched): string {
  if (fetched.kind === 'unavailable') return `unavailable: ${fetched.reason}`
  if (fetched.kind !== 'refused') return fetched.kind
  return `refused: ${fetched.refusals.map((r) => `${r.path}: ${r.value}: ${r.reason}`).join('; ')}`
}

describe('the microsoft source', () => {
  it('fetches the file that the page names, with its origin', async () => {
    publisher.answer(FILE, validated(DOCUMENT, '"v1"', 'Fri, 31 Oct 2025 17:01:02 GMT'))
    const fetched = await fetchPublic()
    expect(textOf(fetched)).toBe(DOCUMENT)
    expect(fetched).toMatchObject({
      kind: 'document',
      origin: {
        strategy: 'details-page',
        url: publisher.origin + FILE,
        fileName: 'ServiceTags_Public_20251028.json',
        fileDate: '2025-10-28',
        validators: { etag: '"v1"', lastModified: 'Fri, 31 Oct 2025 17:01:02 GMT' },
      },
    })
    expect(publisher.requests.map(({ path }) => path)).toEqual([PAGE, FILE])
  })

  it('says who asks, in every request', async () => {
    publisher.answer(FILE, bytes(DOCUMENT))
    await fetchPublic()
    const agents = publisher.requests.map(({ headers }) => headers['user-agent'])
    expect(agents).toEqual(['rangewarden/1.2.3', 'rangewarden/1.2.3'])
  })

  it('asks conditionally for a file it knows, and takes 304 for an answer', async () => {
    const validators = { etag: '"v1"', lastModified: 'Fri, 31 Oct 2025 17:01:02 GMT' }
    publisher.answer(FILE, validated(DOCUMENT, validators.etag, validators.lastModified))
    const fetched = await fetchPublic({ known: { [publisher.origin + FILE]: validators } })
    expect(fetched).toMatchObject({ kind: 'not-modified', origin: { validators } })
    expect(publisher.requests[1]?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': 'Fri, 31 Oct 2025 17:01:02 GMT',
    })
  })

  it('does not offer the validators of another address', async () => {
    publisher.answer(FILE, validated(DOCUMENT, '"v1"', 'Fri, 31 Oct 2025 17:01:02 GMT'))
    const fetched = await fetchPublic({ known: { 'https://elsewhere.example/': { etag: '"v1"' } } })
    expect(textOf(fetched)).toBe(DOCUMENT)
  })

  it('takes an unasked 304 for a fault', async () => {
    publisher.answer(FILE, status(304))
    expect(saidBy(await fetchPublic())).toMatch(/^unavailable: .*answered 304/)
  })

  it.each(['gzip', 'br'] as const)('reads a file sent as %s', async (encoding) => {
    publisher.answer(FILE, compressed(DOCUMENT, encoding))
    publisher.answer(PAGE, compressed(weeklyPage('Public', ['20251028']), encoding))
    expect(textOf(await fetchPublic())).toBe(DOCUMENT)
  })

  it('accepts a file of exactly the size that the page says', async () => {
    const url = `https://download.microsoft.com${FILE}`
    publisher.answer(PAGE, bytes(weeklyPage('Public', [{ url, size: DOCUMENT.length }])))
    publisher.answer(FILE, compressed(DOCUMENT, 'gzip'))
    expect(textOf(await fetchPublic())).toBe(DOCUMENT)
  })

  it('follows redirects within the publisher, also those that name its real hosts', async () => {
    publisher.answer(FILE, redirect('/moved'))
    publisher.answer('/moved', redirect('https://download.microsoft.com/again', 301))
    publisher.answer('/again', bytes(DOCUMENT))
    const fetched = await fetchPublic()
    expect(textOf(fetched)).toBe(DOCUMENT)
    expect(fetched).toMatchObject({ origin: { url: publisher.origin + FILE } })
  })

  it('tries the next address of the same file when one is broken', async () => {
    const other = `https://download.microsoft.com/download/x/ServiceTags_Public_20251028.json`
    const page = weeklyPage('Public', [{ url: other }, '20251028', '20251013'])
    publisher.answer(PAGE, bytes(page))
    publisher.answer(FILE, bytes(DOCUMENT))
    expect(textOf(await fetchPublic())).toBe(DOCUMENT)
  })

  it('does not go back to an older file when the newest cannot be fetched', async () => {
    publisher.answer(PAGE, bytes(weeklyPage('Public', ['20251028', '20251013'])))
    publisher.answer(filePath('Public', '20251013'), bytes(DOCUMENT))
    expect(saidBy(await fetchPublic())).toContain(`${FILE}: answered 404`)
  })
})

describe('a bad page', () => {
  it('without a link is refused, saying what was looked for, where, and what was there', async () => {
    publisher.answer(PAGE, bytes('<html><title>Maintenance</title></html>'))
    const said = saidBy(await fetchPublic())
    expect(said).toMatch(/^refused: /)
    expect(said).toContain(publisher.origin + PAGE)
    expect(said).toContain('ServiceTags_Public_YYYYMMDD.json')
    expect(said).toContain('Maintenance')
  })

  it('that links to other hosts only is refused, and they are not asked', async () => {
    const elsewhere = await startPublisher()
    publisher.answer(PAGE, bytes(weeklyPage('Public', [{ url: elsewhere.origin + FILE }], 'bare')))
    const said = saidBy(await fetchPublic())
    expect(said).toContain('is not asked: only https://download.microsoft.com and')
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })

  it.each([403, 404, 500, 503])(
    'answered with %i is the publisher being unavailable',
    async (code) => {
      publisher.answer(PAGE, status(code, '<html>sorry</html>'))
      expect(saidBy(await fetchPublic())).toBe(
        `unavailable: ${publisher.origin}${PAGE}: answered ${code}; only 200 brings a file; ` +
          '2 other ways failed too: latest-name, dated-name',
      )
    },
  )

  it('of more than 5 MB is refused', async () => {
    publisher.answer(PAGE, huge(6 * 1024 * 1024))
    expect(saidBy(await fetchPublic())).toMatch(/^refused: .*at most 5242880 bytes are read/)
  })
})

describe('a bad file', () => {
  const cases: [string, Behaviour, RegExp][] = [
    ['an empty body', bytes(''), /^refused: .*: 0 bytes: the body is empty/],
    ['an empty compressed body', compressed('', 'gzip'), /^refused: .*the body is empty/],
    ['403', status(403, 'no'), /^unavailable: .*answered 403/],
    ['404', status(404), /^unavailable: .*answered 404/],
    ['500', status(500, 'oops '.repeat(100_000)), /^unavailable: .*answered 500/],
    ['206', status(206, DOCUMENT), /^unavailable: .*answered 206/],
    [
      'a truncated body',
      wrongLength(DOCUMENT, 5000),
      /^refused: .*49 bytes: truncated.* 5000 bytes/,
    ],
    ['a body cut between chunks', cutChunked(DOCUMENT), /^refused: .*49 bytes: truncated/],
    ['a reset in the middle', resetMidBody(DOCUMENT), /^unavailable: .*ECONNRESET/],
    ['a reset at once', resetAtOnce(), /^unavailable: .*ECONNRESET/],
    ['no answer', stallBeforeHeaders(), /^unavailable: .*no answer within 150 ms/],
    [
      'a stall in the middle',
      stallMidBody(DOCUMENT),
      /^unavailable: .*stalled: no byte for 150 ms/,
    ],
    ['a stalled redirect target', redirect('/stall'), /^unavailable: .*\/stall: no answer within/],
    ['a gzip bomb', gzipBomb(60e6), /^refused: .*more than 16777216 bytes decompressed/],
    [
      'an unknown encoding',
      bytes('x', { 'content-encoding': 'zstd' }),
      /^refused: .*zstd: only gzip, br/,
    ],
    ['gzip that is none', bytes('{}', { 'content-encoding': 'gzip' }), /^refused: .*damaged/],
    ['br that is none', bytes('hello', { 'content-encoding': 'br' }), /^refused: .*damaged/],
    [
      'gzip that ends early',
      bytes(gzipSync(DOCUMENT).subarray(0, 30), { 'content-encoding': 'gzip' }),
      /^refused: .*after 30 bytes: truncated or damaged/,
    ],
  ]

  it.each(cases)('%s has an outcome that says so', async (_, behaviour, said) => {
    publisher.answer(FILE, behaviour)
    publisher.answer('/stall', stallBeforeHeaders())
    const outcome = saidBy(await fetchPublic({ limits: HURRIED }))
    expect(outcome).toMatch(said)
    expect(outcome).toContain(publisher.origin)
  })

  it.each([
    ['announced', { 'content-length': 60e6 }],
    ['not announced', {}],
  ])('of 60 MB, %s, is refused before it was read whole', async (_, headers) => {
    publisher.answer(FILE, huge(60e6, headers))
    expect(saidBy(await fetchPublic())).toMatch(/^refused: .*at most 16777216 bytes are read/)
    expect(publisher.bytesSent()).toBeLessThan(50e6)
  })

  it('that decompresses to nothing for ever is refused by what has arrived', async () => {
    publisher.answer(FILE, huge(60e6, { 'content-encoding': 'gzip' }, gzipSync('')))
    const said = saidBy(await fetchPublic({ limits: { ...HURRIED, fileBytes: 50_000 } }))
    expect(said).toMatch(/^refused: .*more than 50000 bytes: at most 50000 bytes are read/)
  })

  it('of another size than the page says is refused as truncated', async () => {
    const url = `https://download.microsoft.com${FILE}`
    publisher.answer(PAGE, bytes(weeklyPage('Public', [{ url, size: 4108133 }])))
    publisher.answer(FILE, bytes(DOCUMENT))
    const said = saidBy(await fetchPublic())
    expect(said).toMatch(/^refused: .*49 bytes: truncated.*the download page says 4108133 bytes/)
  })

  it.each(['text/html', 'Text/HTML; charset=utf-8', 'application/xhtml+xml'])(
    'of the type %s is refused, whatever it says',
    async (type) => {
      publisher.answer(FILE, bytes(DOCUMENT, { 'content-type': type }))
      expect(saidBy(await fetchPublic())).toMatch(
        /^refused: .*: Content-Type .*html.*: a page of HTML is not a service-tags file/i,
      )
    },
  )

  it.each(['application/json', 'application/octet-stream', 'text/plain', 'text/htmlish'])(
    'of the type %s is handed on: what it says is judged elsewhere',
    async (type) => {
      publisher.answer(FILE, bytes('<html>Sign in</html>', { 'content-type': type }))
      expect(textOf(await fetchPublic())).toBe('<html>Sign in</html>')
    },
  )

  it('is never looked for on another host, and that host is not asked', async () => {
    const elsewhere = await startPublisher()
    elsewhere.answer(FILE, bytes(DOCUMENT))
    publisher.answer(FILE, redirect(elsewhere.origin + FILE))
    const said = saidBy(await fetchPublic())
    expect(said).toMatch(/^refused: /)
    expect(said).toContain(elsewhere.origin)
    expect(said).toContain('redirect not followed')
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })

  it('behind redirects without end is given up after five', async () => {
    publisher.answer(FILE, redirect(FILE))
    expect(saidBy(await fetchPublic())).toMatch(/^refused: .*at most 5 redirects are followed/)
    expect(publisher.requests.filter(({ path }) => path === FILE).length).toBe(6)
  })

  it('that comes one byte at a time is given up when the time for a request is over', async () => {
    publisher.answer(FILE, trickle('x'.repeat(100_000)))
    const limits = { ...HURRIED, http: { ...HURRIED.http, totalMs: 400 } }
    expect(saidBy(await fetchPublic({ limits }))).toMatch(
      /^unavailable: .*not complete after 400 ms, the limit for one request/,
    )
  })

  it('that comes slowly but in time is whole', async () => {
    publisher.answer(FILE, trickle(DOCUMENT, 1))
    expect(textOf(await fetchPublic())).toBe(DOCUMENT)
  })
})

describe('a stop from outside', () => {
  it.each([
    ['before the first request', undefined],
    ['while the page is awaited', PAGE],
    ['while the file is awaited', FILE],
  ])('%s ends the fetch', async (_, stalled) => {
    const stop = new AbortController()
    if (stalled === undefined) stop.abort()
    else publisher.answer(stalled, () => stop.abort())
    const said = saidBy(await fetchPublic({ signal: stop.signal }))
    expect(said).toMatch(/^unavailable: .*stopped by the caller/)
  })

  it('in the middle of the file ends the fetch', async () => {
    const stop = new AbortController()
    publisher.answer(FILE, (response, seen) => {
      stallMidBody(DOCUMENT)(response, seen)
      setImmediate(() => stop.abort())
    })
    expect(saidBy(await fetchPublic({ signal: stop.signal }))).toMatch(/stopped by the caller/)
  })
})

describe('a publisher that is not there', () => {
  it('is unavailable, with the address and the reason', async () => {
    const gone = await startPublisher()
    await gone.close()
    const source = createMicrosoftSource({ version: '1', dispatcher, publisherUrl: gone.origin })
    const fetched = await source.fetch(fetchRequest({ cloud: 'China' }))
    const said = saidBy(fetched)
    expect(said).toContain('unavailable: ')
    expect(said).toContain(gone.origin + pagePath('China'))
    expect(said).toContain('ECONNREFUSED')
  })
})
