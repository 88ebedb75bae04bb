import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import type { FileDate } from '../../src/core/file-date.ts'
import { newestLinks, type PageLinks } from '../../src/sources/page-links.ts'
import { createPublisher } from '../../src/sources/publisher.ts'
import { filePath, weeklyPage, type PageFile, type PageShape } from '../support/publisher.ts'

const SHAPES: readonly PageShape[] = ['inventory', 'button', 'bare']
const HOST = 'https://download.microsoft.com'

function linksOf(
  page: string,
  cloud: (typeof CLOUDS)[number] = 'Public',
  notAfter?: FileDate,
): PageLinks {
  const publisher = createPublisher()
  const base = publisher.pageUrl(cloud)
  return newestLinks(page, cloud, (link) => publisher.locate(link, base, 'files'), notAfter)
}

function urlsOf(found: PageLinks): string[] {
  return found.ok ? found.links.map(({ url }) => url.href) : []
}

describe.each(SHAPES)('a download page of the shape %s', (shape) => {
  it.each(CLOUDS)('names the newest file of %s, wherever it stands in the list', (cloud) => {
    const page = weeklyPage(cloud, ['20251013', '20251028', '20250818'], shape)
    const found = linksOf(page, cloud)
    expect(urlsOf(found)).toEqual([HOST + filePath(cloud, '20251028')])
    expect(found.ok && found.links[0]).toMatchObject({
      fileName: `ServiceTags_${cloud}_20251028.json`,
      fileDate: '2025-10-28',
    })
  })

  it('ignores a newer file of another cloud, of another host and of another name', () => {
    const page = weeklyPage(
      'Public',
      [
        '20251013',
        { url: HOST + filePath('China', '20251028') },
        { url: `https://downloads.example${filePath('Public', '20251028')}` },
        { url: `https://download.microsoft.com.example${filePath('Public', '20251028')}` },
        { url: `http://download.microsoft.com${filePath('Public', '20251028')}` },
        { url: `https://download.microsoft.com:8443${filePath('Public', '20251028')}` },
        { url: `https://user:secret@download.microsoft.com${filePath('Public', '20251028')}` },
        { url: `https://www.microsoft.com${filePath('Public', '20251028')}` },
        { url: `${HOST}/download/ServiceTags_Public_20251028.json.gz` },
        { url: `${HOST}/download/ServiceTags_Public_20251399.json` },
        { url: `${HOST}/download/old_ServiceTags_Public_20251028.json` },
      ],
      shape,
    )
    expect(urlsOf(linksOf(page))).toEqual([HOST + filePath('Public', '20251013')])
  })

  it('says what was looked for and what was there when nothing fits', () => {
    const found = linksOf(weeklyPage('China', ['20251028'], shape))
    expect(found).toMatchObject({ ok: false })
    if (found.ok) return
    expect(found.reason).toContain('no link to ServiceTags_Public_YYYYMMDD.json')
    expect(found.found).toContain('ServiceTags_China_20251028.json (not of Public)')
  })
})

describe('the inventory of a download page', () => {
  const url = HOST + filePath('Public', '20251028')
  const file: PageFile = { url, size: 4108133 }

  it('gives the size of the file', () => {
    const found = linksOf(weeklyPage('Public', [file]))
    expect(found.ok && found.links[0]?.size).toBe(4108133)
  })

  it('comes before the links in the text, unless one of them is newer', () => {
    const listed = weeklyPage('Public', [file])
    const older = listed + weeklyPage('Public', ['20251020'], 'bare')
    expect(urlsOf(linksOf(older))).toEqual([url])
    const same = { url: 'https://download.microsoft.com/x/ServiceTags_Public_20251028.json' }
    expect(urlsOf(linksOf(listed + weeklyPage('Public', [same], 'bare')))).toEqual([url, same.url])
    const newer = { url: 'https://download.microsoft.com/x/ServiceTags_Public_20251103.json' }
    expect(urlsOf(linksOf(listed + weeklyPage('Public', [newer], 'bare')))).toEqual([newer.url])
  })

  it('is read past dates that cannot be right, as long as there is another', () => {
    const page = weeklyPage('Public', ['20251028', '20620105'])
    const notAfter = '2025-11-08' as FileDate
    expect(urlsOf(linksOf(page, 'Public', notAfter))).toEqual([url])
    const only = weeklyPage('Public', ['20620105'])
    expect(linksOf(only, 'Public', notAfter)).toMatchObject({
      ok: true,
      links: [{ fileDate: '2062-01-05' }],
    })
  })

  it.each([
    ['another name', 'window.__DLCDetails2__='],
    ['a string', 'window.__DLCDetails__="",'],
    ['a call', 'window.__DLCDetails__=JSON.parse('],
  ])('that became %s leaves the links in the text', (_, start) => {
    const page = weeklyPage('Public', [file]).replace('window.__DLCDetails__=', start)
    expect(urlsOf(linksOf(page))).toEqual([url])
  })

  it.each([
    ['{"dlcDetailsView":{"downloadFile":{}}}'],
    ['{"dlcDetailsView":{"downloadFile":[]}}'],
    ['{"dlcDetailsView":{"downloadFile":[{"name":"x"},null,7]}}'],
    ['{"dlcDetailsView":{"downloadFile":['],
    ['{not json}'],
    ['{"unclosed'],
  ])('of the unknown shape %s leaves the links in the text', (inventory) => {
    const page = `<script>window.__DLCDetails__ = ${inventory}</script>`
    const links = weeklyPage('Public', ['20251028'], 'button')
    expect(urlsOf(linksOf(links + page))).toEqual([url])
  })

  it('is found although its name was mentioned before', () => {
    const page = `<script>if(window.__DLCDetails__){go()}</script>` + weeklyPage('Public', [file])
    const found = linksOf(page)
    expect(found.ok && found.links[0]?.size).toBe(4108133)
  })

  it('with a size that is no number still gives the link', () => {
    const page = weeklyPage('Public', [file]).replace('"4108133"', '"3.9 MB"')
    const found = linksOf(page)
    expect(urlsOf(found)).toEqual([url])
    expect(found.ok && found.links[0]?.size).toBeUndefined()
  })
})

describe('links in the text of a page', () => {
  const url = HOST + filePath('Public', '20251028')

  it.each([
    ['single quotes', `<a href='${url}'>`],
    ['no quotes', `<a href=${url}>`],
    ['entities', `data-x="{&quot;url&quot;:&quot;${url}&quot;}"`],
    ['JSON escapes', `{"url":"${url.replaceAll('/', '\\/')}"}`],
    ['unicode escapes', `{"url":"${url.replaceAll('/', '\\u002F')}"}`],
    ['parentheses', `(see ${url})`],
  ])('are found in %s', (_, page) => {
    expect(urlsOf(linksOf(page))).toEqual([url])
  })

  it('are given once each, all of the newest date', () => {
    const other = `${HOST}/download/other/ServiceTags_Public_20251028.json`
    const page = `<a href="${url}">${url}</a> <a href="${other}">`
    expect(urlsOf(linksOf(page))).toEqual([url, other])
  })

  it('are missing from a page of something else, which is quoted shortly and in ASCII', () => {
    const found = linksOf(`<html><title>Access\nDenied \u{1f6ab}</title>${'x'.repeat(1e6)}`)
    expect(found.ok ? '' : found.found).toContain('Access Denied \\ud83d\\udeab')
    expect(found.ok ? '' : found.found.length).toBeLessThan(300)
  })

  it('are looked for in one walk over a page made to be slow', () => {
    const hostile = [
      'ServiceTags_'.repeat(400_000),
      `window.__DLCDetails__={"${'\\"'.repeat(2_000_000)}`,
      `window.__DLCDetails__={${'{'.repeat(4_000_000)}`,
      '<title '.repeat(700_000),
      'https://'.repeat(600_000),
    ]
    // A quadratic search would take hours, and the test's time limit ends it.
    for (const page of hostile) expect(linksOf(page).ok).toBe(false)
  })
})
