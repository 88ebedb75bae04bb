import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { createPublisher, PAGE_IDS } from '../../src/sources/publisher.ts'

const DOWNLOAD = 'https://download.microsoft.com/a/b.json?c=d'

describe('the publisher', () => {
  const publisher = createPublisher()
  const page = publisher.pageUrl('Public')

  it('has a page for every cloud', () => {
    expect(CLOUDS.map((cloud) => publisher.pageUrl(cloud).href)).toEqual(
      [56519, 57063, 57062, 57064].map(
        (id) => `https://www.microsoft.com/en-us/download/details.aspx?id=${id}`,
      ),
    )
    expect(new Set(Object.values(PAGE_IDS)).size).toBe(CLOUDS.length)
  })

  it('is followed to both of its hosts by redirects, and by links to that of files only', () => {
    expect(publisher.locate(`${DOWNLOAD}#top`, page, 'files')).toMatchObject({
      ok: true,
      value: { href: DOWNLOAD },
    })
    expect(publisher.locate('/moved', page, 'any')).toMatchObject({
      value: { href: 'https://www.microsoft.com/moved' },
    })
    expect(publisher.locate('/moved', page, 'files').ok).toBe(false)
  })

  it.each([
    'http://download.microsoft.com/a',
    'https://download.microsoft.com:444/a',
    'https://download.microsoft.com.example/a',
    'https://evil.example/download.microsoft.com/a',
    'https://user@download.microsoft.com/a',
    '//evil.example/a',
    'file:///etc/passwd',
    'https://',
  ])('is never followed to %s', (link) => {
    expect(publisher.locate(link, page, 'any').ok).toBe(false)
  })
})

describe('a mirror', () => {
  const mirror = createPublisher('http://mirror.example:8081')
  const page = mirror.pageUrl('China')

  it('serves the pages, and the files that its pages say are elsewhere', () => {
    expect(page.href).toBe('http://mirror.example:8081/en-us/download/details.aspx?id=57062')
    for (const link of [DOWNLOAD, 'http://mirror.example:8081/a/b.json?c=d', '/a/b.json?c=d']) {
      expect(mirror.locate(link, page, 'files')).toMatchObject({
        value: { href: 'http://mirror.example:8081/a/b.json?c=d' },
      })
    }
  })

  it.each(['http://mirror.example/a', 'https://mirror.example:8081/a', 'https://evil.example/a'])(
    'is not left for %s',
    (link) => {
      expect(mirror.locate(link, page, 'any').ok).toBe(false)
    },
  )
})
