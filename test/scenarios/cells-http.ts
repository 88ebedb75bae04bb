/** Statuses, redirects and wires: at the page, at the file, and everywhere at once. */
import { notHttp } from '../support/faults.ts'
import {
  bytes,
  redirect,
  resetMidBody,
  stallBeforeHeaders,
  stallMidBody,
  status,
  trickle,
} from '../support/publisher.ts'
import { atFile, atPage, BY_PAGE, nextText, PAGE, type Cell } from './cell.ts'

const statuses: readonly Cell[] = [400, 401, 403, 404, 408, 429, 500, 502, 503].flatMap((code) => [
  atPage(String(code), status(code, '<html>sorry</html>'), new RegExp(`answered ${code}`)),
  atFile(String(code), () => status(code), 'failed', new RegExp(`"reason":"[^"]*answered ${code}`)),
])

const later: readonly Cell[] = [429, 503].map((code) => ({
  step: 'everywhere',
  fault: `${code} with Retry-After`,
  arrange: ({ everywhere }) => everywhere(status(code, '', { 'retry-after': '120' })),
  outcome: 'failed',
  says: new RegExp(`answered ${code}.*"retryAfterSeconds":120`),
}))

const REDIRECTS = [301, 302, 307]

const redirects: readonly Cell[] = REDIRECTS.flatMap((code): Cell[] => [
  {
    step: 'page',
    fault: `${code} to the same host`,
    arrange({ publisher, offer, page, pageOf }) {
      offer(1)
      page(redirect('/moved', code))
      publisher.answer('/moved', bytes(pageOf(1)))
    },
    outcome: 'published',
    says: BY_PAGE,
  },
  {
    step: 'file',
    fault: `${code} to the same host`,
    arrange({ publisher, offer, week }) {
      offer(1, redirect('https://download.microsoft.com/moved.json', code))
      publisher.answer('/moved.json', bytes(week(1).text))
    },
    outcome: 'published',
    says: BY_PAGE,
  },
  {
    step: 'page',
    fault: `${code} to another host`,
    arrange: ({ page, elsewhere }) => page(redirect(`${elsewhere.origin}/page`, code)),
    outcome: 'unchanged',
    degraded: true,
    says: /"degraded":"[^"]*redirect not followed: http:\/\/127.0.0.1:\d+ is not asked/,
  },
  atFile(
    `${code} to another host`,
    ({ elsewhere, file }) => redirect(elsewhere.origin + file(1), code),
    'refused',
    /"value":"http:[^"]*".*redirect not followed: http:\/\/127.0.0.1:\d+ is not asked/,
  ),
  atPage(
    `${code} to a private host`,
    redirect('http://10.0.0.1/', code),
    /redirect not followed: http:\/\/10\.0\.0\.1 is not asked/,
  ),
  atFile(
    `${code} to a private host`,
    () => redirect('//169.254.169.254/latest/meta-data/', code),
    'refused',
    /redirect not followed: http:\/\/169\.254\.169\.254 is not asked/,
  ),
])

const oddRedirects: readonly Cell[] = [
  atFile(
    'a redirect that hides a host behind a name',
    () => redirect('https://download.microsoft.com@10.0.0.1/'),
    'refused',
    /redirect not followed: a URL carries no password/,
  ),
  atFile(
    'a redirect to itself',
    ({ file }) => redirect(file(1)),
    'refused',
    /at most 5 redirects are followed/,
  ),
]

const wires: readonly Cell[] = [
  {
    step: 'everywhere',
    fault: 'connection refused',
    async arrange({ door }) {
      door.shut()
      await door.cut()
    },
    outcome: 'failed',
    says: /"reason":"[^"]*details\.aspx\?id=56519: ECONNREFUSED/,
  },
  {
    step: 'file',
    fault: 'connection refused after the page',
    async arrange({ publisher, offer, door, pageOf }) {
      offer(1)
      // Connections that were kept alive would still lead there.
      await door.cut()
      const page = bytes(pageOf(1), { connection: 'close' })
      publisher.answer(PAGE, (response, seen) => {
        door.shut()
        page(response, seen)
      })
    },
    outcome: 'failed',
    says: /"reason":"[^"]*ServiceTags_Public_\d{8}\.json: ECONNREFUSED/,
  },
  atPage('reset mid-body', resetMidBody('<html>'), /ECONNRESET|UND_ERR_SOCKET|terminated/),
  atFile(
    'reset mid-body',
    (stage) => resetMidBody(nextText(stage).slice(0, 999)),
    'failed',
    /ECONNRESET|UND_ERR_SOCKET|terminated/,
  ),
  atPage('stalled headers', stallBeforeHeaders(), /no answer within 500 ms/),
  atFile('stalled headers', stallBeforeHeaders, 'failed', /no answer within 500 ms/),
  atFile(
    'stalled body',
    (stage) => stallMidBody(nextText(stage).slice(0, 999)),
    'failed',
    /stalled: no byte for 500 ms/,
  ),
  atPage('one byte at a time', trickle('<'.repeat(5000)), /not complete after 1500 ms/),
  atFile(
    'one byte at a time',
    (stage) => trickle(nextText(stage)),
    'failed',
    /not complete after 1500 ms, the limit for one request/,
  ),
  atPage('something else than HTTP', notHttp(), /does not match the HTTP/),
  atFile('something else than HTTP', notHttp, 'failed', /does not match the HTTP/),
]

export const httpCells: readonly Cell[] = [
  ...statuses,
  ...later,
  ...redirects,
  ...oddRedirects,
  ...wires,
]
