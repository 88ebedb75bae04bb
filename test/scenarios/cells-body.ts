/** The answer is 200 and the body is not what its head says, or not text as it should be. */
import { gzippedTwice, gzippedTwiceInSecret, truncatedGzip, utf16 } from '../support/faults.ts'
import { bytes, cutChunked, gzipBomb, wrongLength, type Behaviour } from '../support/publisher.ts'
import { acceptedFile, atFile, atPage, BY_PAGE, nextText, type Cell } from './cell.ts'

const HTML = '<!DOCTYPE html><html><title>Sign in</title></html>'

function refused(fault: string, behaviour: (text: string) => Behaviour, says: RegExp): Cell {
  return atFile(fault, (stage) => behaviour(nextText(stage)), 'refused', says)
}

function accepted(fault: string, behaviour: (text: string) => Behaviour): Cell {
  return acceptedFile(fault, (stage) => behaviour(nextText(stage)))
}

const lengths: readonly Cell[] = [
  refused(
    'shorter than Content-Length',
    (text) => wrongLength(text.slice(0, 5000), text.length),
    /5000 bytes.*truncated: Content-Length promised \d+ bytes/,
  ),
  refused('longer than Content-Length', (text) => wrongLength(text, 5000), /not JSON: /),
  refused(
    'closed before the last chunk',
    (text) => cutChunked(text.slice(0, 5000)),
    /truncated: the connection was closed before the end/,
  ),
  refused('empty body', () => bytes(''), /0 bytes.*the body is empty/),
  refused(
    '10 million values, said in Content-Length',
    (text) => bytes(text.replace('"values": [', () => `"values": [${'0,'.repeat(10_000_000)}`)),
    /Content-Length 20\d{6}.*at most 16777216 bytes are read/,
  ),
  atPage('empty body', bytes(''), /0 bytes: the body is empty/),
]

const encodings: readonly Cell[] = [
  refused('truncated gzip', truncatedGzip, /truncated or damaged: the compressed body/),
  refused(
    'gzip bomb, 1 GB from 1 MB',
    () => gzipBomb(1_000_000_000),
    /more than 16777216 bytes decompressed.*at most 16777216/,
  ),
  refused('double encoding', gzippedTwice, /Content-Encoding gzip, gzip.*only gzip, br are read/),
  refused('double encoding, said once', gzippedTwiceInSecret, /the document is not UTF-8 text/),
  atPage('truncated gzip', truncatedGzip(HTML), /truncated or damaged: the compressed body/),
  atPage('gzip bomb', gzipBomb(1_000_000_000), /more than 5242880 bytes decompressed/),
]

const types: readonly Cell[] = [
  refused(
    'HTML with status 200',
    () => bytes(HTML, { 'content-type': 'text/html; charset=utf-8' }),
    /Content-Type text\/html.*a page of HTML is not a service-tags file/,
  ),
  refused(
    'HTML with status 200 that says it is JSON',
    () => bytes(HTML, { 'content-type': 'application/json' }),
    /DOCTYPE html.*not JSON/,
  ),
  refused(
    'wrong content type, HTML',
    (text) => bytes(text, { 'content-type': 'text/html' }),
    /Content-Type text\/html.*a page of HTML is not/,
  ),
  accepted('wrong content type, an octet stream', (text) =>
    bytes(text, { 'content-type': 'application/octet-stream' }),
  ),
  atPage(
    'a sign-in page with status 200',
    bytes(HTML, { 'content-type': 'text/html' }),
    /Sign in: no link to ServiceTags_Public_/,
  ),
]

const texts: readonly Cell[] = [
  accepted('a byte order mark', (text) => bytes(`\ufeff${text}`)),
  accepted('CRLF', (text) => bytes(text.replaceAll('\n', '\r\n'))),
  refused('UTF-16', (text) => bytes(utf16(text)), /the document is not UTF-8 text/),
  refused(
    'invalid UTF-8',
    (text) => bytes(Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])])),
    /the document is not UTF-8 text/,
  ),
  {
    step: 'page',
    fault: 'UTF-16',
    arrange: ({ page, pageOf }) => page(bytes(utf16(pageOf(1)))),
    outcome: 'unchanged',
    degraded: true,
    says: /"degraded":"details-page: .*no link to ServiceTags_Public_/,
  },
  {
    step: 'page',
    fault: 'a byte order mark',
    arrange({ offer, page, pageOf }) {
      offer(1)
      page(bytes(`\ufeff${pageOf(1)}`))
    },
    outcome: 'published',
    says: BY_PAGE,
  },
]

export const bodyCells: readonly Cell[] = [...lengths, ...encodings, ...types, ...texts]
