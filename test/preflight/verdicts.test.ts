/** What answers mean: tables. */
import { describe, expect, it } from 'vitest'
import { VERDICTS, type Check, type Verdict } from '../../src/preflight/contract.ts'
import {
  isFault,
  judgeDial,
  judgeGet,
  judgeTunnel,
  leavesOpen,
  printable,
} from '../../src/preflight/verdicts.ts'

const SQUID = {
  server: 'squid/5.7',
  'x-squid-error': 'ERR_ACCESS_DENIED 0',
  via: '1.1 p (squid/5.7)',
}
const PROXY_STATUS = { 'proxy-status': 'proxy.example; error=http_request_denied; details="no"' }

describe('the answer to CONNECT', () => {
  it.each([
    [200, {}, 'ok', /tunnel/],
    [204, {}, 'ok', /tunnel/],
    [407, {}, 'proxy-authentication', /wants authentication/],
    [403, SQUID, 'policy-refused', /refuses it \(ERR_ACCESS_DENIED\)/],
    [403, PROXY_STATUS, 'policy-refused', /\(http_request_denied\)/],
    [401, {}, 'policy-refused', /refuses/],
    [405, {}, 'policy-refused', /refuses/],
    [302, { location: 'http://block.example/' }, 'policy-refused', /refuses/],
    [501, {}, 'policy-refused', /refuses/],
    [500, {}, 'unreachable', /cannot reach or resolve/],
    [502, {}, 'unreachable', /cannot reach or resolve/],
    [503, { 'x-squid-error': 'ERR_DNS_FAIL 0' }, 'unreachable', /\(ERR_DNS_FAIL\)/],
    [504, {}, 'unreachable', /cannot reach or resolve/],
  ])('%i %j is %s', (status, headers, verdict, reason) => {
    const judged = judgeTunnel({ status, headers })
    expect(judged).toMatchObject({
      verdict,
      status,
      reason: expect.stringMatching(reason) as string,
    })
  })
})

describe('the answer to GET', () => {
  const nameless = { status: 502, headers: {} }
  const gate = { status: 502, headers: { server: 'gate' } }
  const host = { server: 'ECAcc (x)' }

  it.each([
    [200, {}, nameless, 'ok', /the host answers/],
    [404, {}, nameless, 'ok', /itself answers, with 404/],
    [304, {}, nameless, 'ok', /304/],
    // Two that run nginx sign alike: what is good is refused only by one that says so itself.
    [200, { server: 'gate' }, gate, 'ok', /the host answers/],
    [206, { server: 'gate', 'proxy-status': 'p.example' }, gate, 'ok', /the host answers/],
    [200, { server: 'gate', via: '1.1 p' }, gate, 'ok', /the host answers/],
    [200, SQUID, nameless, 'policy-refused', /ERR_ACCESS_DENIED/],
    [200, { ...PROXY_STATUS, ...host }, gate, 'policy-refused', /http_request_denied/],
    // A proxy that names itself is believed, whoever signed.
    [403, SQUID, nameless, 'policy-refused', /ERR_ACCESS_DENIED/],
    [403, { ...PROXY_STATUS, ...host }, gate, 'policy-refused', /http_request_denied/],
    [404, { 'x-squid-error': 'ERR_X 0' }, nameless, 'policy-refused', /ERR_X/],
    [503, { 'x-squid-error': 'ERR_DNS_FAIL 0' }, nameless, 'unreachable', /ERR_DNS_FAIL/],
    [407, {}, nameless, 'proxy-authentication', /authentication/],
    // Who signs like the proxy is the proxy, who signs differently the host.
    [403, { server: 'gate' }, gate, 'policy-refused', /the proxy refuses/],
    [403, host, gate, 'ok', /the host itself answers, with 403/],
    [403, host, nameless, 'ok', /the host itself answers, with 403/],
    [404, { server: 'gate' }, gate, 'policy-refused', /the proxy refuses/],
    [403, {}, nameless, 'policy-refused', /from the proxy or from the host/],
    [403, {}, gate, 'policy-refused', /from the proxy or from the host/],
    // Errors of a gateway are the proxy's whoever signed: nothing came from the host.
    [502, host, gate, 'unreachable', /cannot reach/],
    [500, {}, nameless, 'unreachable', /cannot reach/],
    // Redirects within the site are the host's; away from it they are a block page's.
    [301, { location: 'https://www.crl.test/x' }, nameless, 'ok', /301/],
    [302, { location: '/elsewhere' }, nameless, 'ok', /302/],
    [302, { location: 'http://block.example/?u=1' }, nameless, 'policy-refused', /block\.example/],
    [302, { location: 'http://[' }, nameless, 'ok', /302/],
  ])('%i %j from a proxy that says %j is %s', (status, headers, voice, verdict, reason) => {
    const judged = judgeGet({ status, headers }, 'crl.test', voice)
    expect(judged).toMatchObject({
      verdict,
      status,
      reason: expect.stringMatching(reason) as string,
    })
  })
})

describe('a direct attempt', () => {
  it.each([
    ['connected', 'goes-around', true],
    ['refused', 'ok', false],
    ['unanswered', 'silently-dropped', true],
    ['unresolved', 'ok', false],
  ] as const)('that is %s is %s', (outcome, verdict, fault) => {
    expect(judgeDial(outcome).verdict).toBe(verdict)
    expect(isFault(verdict)).toBe(fault)
  })
})

it('only what nobody could test is no fault beside what is well', () => {
  const well = VERDICTS.filter((verdict) => !isFault(verdict))
  expect(well).toEqual(['ok', 'not-testable'])
})

describe('what could not be tested', () => {
  const [connect, direct] = ['CONNECT', 'DIRECT'] as const
  it.each([
    [connect, '*.msappproxy.net', 'runtime', 'not-testable', true],
    [connect, '*.servicebus.windows.net', 'runtime', 'not-testable', true],
    [direct, '*.servicebus.windows.net', 'runtime', 'not-testable', true],
    [direct, '*.servicebus.microsoft.net', 'runtime', 'not-testable', true],
    [connect, '*.msauth.net', 'registration', 'not-testable', false],
    // Nobody has a host there: no name could be asked for.
    [connect, '*.servicebus.microsoft.net', 'runtime', 'not-testable', false],
    [connect, '*.msappproxy.net', 'runtime', 'ok', false],
    [connect, '*.msappproxy.net', 'runtime', 'policy-refused', false],
  ] satisfies [Check['method'], string, Check['phase'], Verdict, boolean][])(
    '%s %s of %s that is %s leaves the result open: %j',
    (method, name, phase, verdict, open) => {
      const common = { ports: [], path: undefined, isTestable: verdict !== 'not-testable' }
      const check: Check = { method, name, required: name, phase, ...common }
      expect(leavesOpen({ check, verdict, reason: '' })).toBe(open)
    },
  )
})

it('prints what a stranger wrote without control characters, and not all of it', () => {
  expect(printable('a\u001b[2J\nb\u202e')).toBe('a?[2J?b?')
  expect(printable('x'.repeat(500))).toHaveLength(103)
})
