import { describe, expect, it } from 'vitest'
import { readAnyDocument, readDocument, sha256 } from '../../src/documents/read-document.ts'
import { smallDocument } from '../support/feed.ts'
import { oldXml } from './make-old-xml.ts'

const JSON_TEXT = smallDocument()
const XML_TEXT = oldXml({ europewest: ['13.69.0.0/17'] })

function reasonOf(bytes: Uint8Array | string): string {
  const read = readDocument(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  return read.ok ? 'accepted' : read.refusals.map(({ reason }) => reason).join('; ')
}

describe('a document on the schedule', () => {
  it.each([
    ['as it is', JSON_TEXT],
    ['with a byte order mark', `\uFEFF${JSON_TEXT}`],
    ['with CRLF', JSON_TEXT.replaceAll('\n', '\r\n')],
    ['with white space around', ` \r\n${JSON_TEXT}\n `],
  ])('is read %s, and says the same', (_, text) => {
    const [read, plain] = [readDocument(Buffer.from(text)), readDocument(Buffer.from(JSON_TEXT))]
    expect(read.ok && plain.ok && read.snapshot.contentHash === plain.snapshot.contentHash).toBe(
      true,
    )
  })

  it.each<[string, Uint8Array | string, RegExp]>([
    ['empty', '', /the document is empty/],
    ['blank', ' \r\n ', /the document is empty/],
    ['only a byte order mark', '\uFEFF', /the document is empty/],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${JSON_TEXT}`, 'utf16le'), /not UTF-8 text/],
    ['UTF-16 without', Buffer.from(JSON_TEXT, 'utf16le'), /^not JSON: /],
    ['not UTF-8', Buffer.from([0x7b, 0xc0, 0x80, 0x7d]), /not UTF-8 text/],
    ['a page', '\n <!DOCTYPE html><html>Sign in</html>', /^not JSON but HTML or XML$/],
    ['XML', '<?xml version="1.0"?><feed/>', /^not JSON but HTML or XML$/],
    ['the retired XML', XML_TEXT, /^the retired XML format is taken by import only$/],
    ['that XML after a mark', `\uFEFF\n${XML_TEXT}`, /^the retired XML format/],
    ['text', 'hello', /^not JSON: /],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /not UTF-8 text/],
  ])('that is %s is refused', (_, bytes, reason) => {
    expect(reasonOf(bytes)).toMatch(reason)
  })

  it('shows where a page begins, on one line', () => {
    const read = readDocument(Buffer.from(`<html>\n${'x'.repeat(1000)}`))
    const value = read.ok ? '' : (read.refusals[0]?.value ?? '')
    expect(value).toMatch(/^<html>\\u000ax+…$/)
    expect(value.length).toBeLessThan(140)
  })
})

describe('a document by hand', () => {
  it('is read in both formats', () => {
    const xml = readAnyDocument(Buffer.from(XML_TEXT), 'Public')
    const json = readAnyDocument(Buffer.from(JSON_TEXT), 'Public')
    expect(xml.ok && [...xml.snapshot.tags.keys()]).toEqual(['AzureCloud', 'AzureCloud.europewest'])
    expect(json).toEqual(readDocument(Buffer.from(JSON_TEXT)))
  })

  it('takes the cloud of JSON from the document, whatever its name says', () => {
    const read = readAnyDocument(Buffer.from(JSON_TEXT), 'China')
    expect(read.ok && read.snapshot.cloud).toBe('Public')
  })

  it('reuses what a predecessor says', () => {
    const before = readDocument(Buffer.from(JSON_TEXT))
    if (!before.ok) throw new Error('the small document is refused')
    const read = readAnyDocument(Buffer.from(JSON_TEXT), 'Public', before.snapshot)
    const [tag, same] = [read, before].map(
      (each) => each.ok && each.snapshot.tags.get('ServiceBus'),
    )
    expect(tag).toBe(same)
  })

  it('is refused when it is neither, by the rule of what it looks like', () => {
    const page = readAnyDocument(Buffer.from('<html></html>'), 'Public')
    expect(page.ok ? '' : page.refusals[0]?.reason).toMatch(
      /root element is AzurePublicIpAddresses/,
    )
    const text = readAnyDocument(Buffer.from('hello'), 'Public')
    expect(text.ok ? '' : text.refusals[0]?.reason).toMatch(/^not JSON: /)
  })
})

it('hashes text and bytes alike', () => {
  expect(sha256('{}')).toBe(sha256(Buffer.from('{}')))
})
