/**
 * What the preflight script makes of answers, held to the command's own judgement where both can be
 * asked: patterns and comparisons of the script are read here as JavaScript.
 */
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { connectorPreflight } from '../../exporters/connector-preflight.ts'
import { judgeGet, judgeTunnel, type Answer } from '../../src/preflight/verdicts.ts'
import { optionsOf, renderText, SHAPES } from '../support/export-input.ts'
import { functionOf, literal, readScript, type Script } from '../support/powershell.ts'

const text = renderText(connectorPreflight, {
  ...SHAPES.mixed,
  options: optionsOf(connectorPreflight),
})

type Values = Readonly<Record<string, string | number | boolean>>

const OPERATORS: Readonly<Record<string, string>> = {
  '-eq': '===',
  '-ceq': '===',
  '-ne': '!==',
  '-ge': '>=',
  '-lt': '<',
  '-and': '&&',
  '-or': '||',
  '-not': '!',
}

/** Conditions of PowerShell as JavaScript. */
const conditions = new Map<string, (given: Values) => boolean>()

function holds(condition: string, given: Values): boolean {
  const script = condition
    .replaceAll(/-[a-z]+(?= )/g, (operator) => OPERATORS[operator] ?? operator)
    .replaceAll('$', 'given.')
  const known = conditions.get(condition)
  const made = known ?? (runInNewContext(`(given) => ${script}`) as (given: Values) => boolean)
  conditions.set(condition, made)
  return made(given)
}

interface Step {
  readonly condition: string
  /** What it says, or the function that says it. */
  readonly word: string | undefined
  readonly next: string | undefined
}

const STEP = /^ {4}(?:if \((.+)\) \{ return )?(?:'([a-z-]+)'|(Get-\w+) -Status \$Status)(?: \})?$/

/** A function of comparisons alone. @throws for any other */
function stepsOf(text: string, name: string): Step[] {
  const [, lines = ''] = /^ {4}param\(.*\)\n\n([^]*)\n\}$/m.exec(functionOf(text, name)) ?? []
  return lines.split('\n').map((line) => {
    const [, condition = 'true', word, next] = STEP.exec(line) ?? []
    // PowerShell reads -and and -or from left to right.
    const isMixed = condition.includes('-and') && condition.includes('-or')
    if ((word ?? next) === undefined || isMixed) throw new Error(`no comparison: ${line}`)
    return { condition, word, next }
  })
}

type Judges = Readonly<Record<string, readonly Step[]>>

function ask(judges: Judges, name: string, given: Values): string {
  const step = judges[name]?.find(({ condition }) => holds(condition, given))
  if (!step) throw new Error(`${name} says nothing`)
  return step.next === undefined ? (step.word ?? '') : ask(judges, step.next, given)
}

function pattern(script: Script, name: string): RegExp {
  const parts = (script.settings.get(name) ?? '').split(/ \+\n\s*/)
  return new RegExp(parts.map(literal).join(''))
}

describe('whose an answer is and what it means', () => {
  const script = readScript(text)
  const names = ['Get-Author', 'Get-RefusalVerdict', 'Get-TunnelVerdict', 'Get-PageVerdict']
  const judges = Object.fromEntries(names.map((name) => [name, stepsOf(text, name)]))
  const [error, elsewhere, end] = ['StatusError', 'LocationHost', 'Site'].map((name) => {
    return pattern(script, name)
  }) as [RegExp, RegExp, RegExp]

  /** As Test-Page puts them together. */
  function judgePage({ status, headers }: Answer, name: string, voice: Answer): string {
    const IsNamed = 'x-squid-error' in headers || error.test(headers['proxy-status'] ?? '')
    const [Theirs, Own] = [headers['server'] ?? '', voice.headers['server'] ?? '']
    const Author = ask(judges, 'Get-Author', { IsNamed, Theirs, Own })
    const [, there] = elsewhere.exec(headers['location'] ?? '') ?? []
    const site = (host: string): string | undefined => end.exec(host)?.[0]
    const isAway = status >= 300 && status <= 399 && there !== undefined
    const Elsewhere = isAway && site(there.toLowerCase()) !== site(name) ? there : ''
    return ask(judges, 'Get-PageVerdict', { Status: status, Author, IsNamed, Elsewhere })
  }

  const statuses = [200, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 407, 410, 429]
  const failures = [500, 501, 502, 503, 504, 505, 511]
  const signatures: readonly Answer['headers'][] = [
    {},
    { server: 'gate' },
    { server: 'other' },
    { server: 'GATE' },
  ]
  const words: readonly Answer['headers'][] = [
    {},
    { 'x-squid-error': 'ERR_ACCESS_DENIED 0' },
    { 'proxy-status': 'p.example; error=http_request_denied' },
    { 'proxy-status': 'p.example' },
  ]
  const locations = [
    '/here',
    'here?u=http://block.example/',
    'http://block.example/?u=1',
    'https://www.crl.test/x',
    'HTTP://A.CRL.TEST',
    '//block.example',
    'https://block.example:8443',
    'http://crl.test@block.example/',
    'http:\\\\block.example\\x',
    'http://block.example#crl.test',
    'http://crl.test.block.example/',
    'http://evilcrl.test/',
    'http://10.0.0.1/',
    'http://[2001:db8::1]:80/',
    'http://[',
    'http://block.example:x/',
  ]
    .map((location): Answer['headers'] => ({ location }))
    .concat({})

  it('is for a page what the command says, for every answer', () => {
    const voices = [{}, { server: 'gate' }].map((headers) => ({ status: 502, headers }))
    const answers = [...statuses, ...failures].flatMap((status) =>
      signatures.flatMap((signature) =>
        words.flatMap((word) =>
          locations.map((location) => ({
            status,
            headers: { ...signature, ...word, ...location },
          })),
        ),
      ),
    )
    const judged = voices.flatMap((voice) =>
      answers.map((answer) => {
        const command = judgeGet(answer, 'crl.test', voice).verdict
        return { answer, voice, command, script: judgePage(answer, 'crl.test', voice) }
      }),
    )
    expect(judged.filter(({ command, script }) => command !== script)).toEqual([])
    expect(new Set(judged.map(({ script }) => script)).size).toBe(4)
  })

  it('is for a tunnel what the command says', () => {
    for (const status of [...statuses, ...failures]) {
      const said = ask(judges, 'Get-TunnelVerdict', { Status: status })
      expect([status, said]).toEqual([status, judgeTunnel({ status, headers: {} }).verdict])
    }
  })

  it('is told with the word of the proxy, and with who may have said it', () => {
    const squid = pattern(script, 'SquidWord').exec('ERR_DNS_FAIL 0')
    const status = pattern(script, 'StatusWord').exec('p; x=1;error=dns_error; details="a"')
    expect([squid?.[0], status?.[1]]).toEqual(['ERR_DNS_FAIL', 'dns_error'])
    expect(functionOf(text, 'Test-Page')).toContain("', from the proxy or from the host'")
  })

  it('asks the proxy itself first, which may hand the question to nobody', () => {
    const question = functionOf(text, 'Read-Voice')
    expect(question).toContain("'OPTIONS http://preflight.invalid/ HTTP/1.1'\n")
    expect(question).toContain("'Max-Forwards: 0'\n")
    expect(functionOf(text, 'Test-Proxy')).toContain('$Voice.Server = [string] $answer.Header')
  })
})

describe('a certificate', () => {
  const test = functionOf(text, 'Test-Certificate')
  const fault = functionOf(text, 'Get-CertificateFault')

  it('of a public authority may be expired, too early or of another host: unreachable', () => {
    const order = ['NotAfter -lt $now', 'NotBefore -gt $now', '$Seen.IsOther', "'NotTimeValid'"]
    const places = order.map((each) => fault.indexOf(each))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(test).toMatch(/so not inspected'[^]*-Verdict 'unreachable'/)
    expect(test.indexOf("'inspected'")).toBeLessThan(test.indexOf('Get-CertificateFault'))
    expect(functionOf(text, 'Get-Seen')).toContain("IsOther = $Fault -like '*NameMismatch*'")
  })

  it('with a signature that is none is of no public authority', () => {
    expect(functionOf(text, 'Test-PublicChain')).toMatch(
      /^ {4}if \(\$Seen\.Status -contains 'NotSignatureValid'\) \{ return \$false \}\n {4}\$top/m,
    )
  })

  it('is judged where the server ended the handshake after showing it', () => {
    const handshake = functionOf(text, 'Read-Certificate')
    expect(handshake).toMatch(/catch \{[^]*\.Count -eq 0\) \{ throw \}\n {4}\}\n {4}finally/)
    expect(handshake).toContain('$script:Shown = $certificate.GetRawCertData()')
    expect(handshake).toContain('$Stream, $false, $look, $give\n')
  })
})

describe('a direct connection', () => {
  const [, list = ''] = /\$Refusal = @\(\n([^)]*)\)/.exec(text) ?? []
  const refusals = (list.match(/'[^']*'/g) ?? []).map(literal)

  it('is refused by what dial.ts takes for a refusal, and else unanswered', () => {
    expect(refusals.sort()).toEqual([
      'AccessDenied',
      'AddressFamilyNotSupported',
      'AddressNotAvailable',
      'ConnectionRefused',
      'ConnectionReset',
      'HostUnreachable',
      'NetworkUnreachable',
    ])
    const connect = functionOf(text, 'Connect-Address')
    expect(connect).toContain("if ($Refusal -contains $why) { 'refused' } else { 'unanswered' }")
    expect(functionOf(text, 'Get-FailureName')).toContain('$Failure.SocketErrorCode.ToString()')
    expect(functionOf(text, 'Test-Direct')).toMatch(
      /-eq 'unanswered'\) \{\n +return New-Result @row -Verdict 'silently-dropped'/,
    )
  })
})

describe('-TimeoutSeconds', () => {
  const check = functionOf(text, 'Get-Milliseconds')
  const [, taken = ''] = /-notmatch '(.*)\\z'/.exec(check) ?? []

  it.each(['1', '9', '10', '99', '100', '119', '120'])('may be %s', (value) => {
    expect(value).toMatch(new RegExp(`${taken}$`))
  })

  it.each(['', '0', '01', '121', '1000', '1,20', '1 20', '-1', '1.5', '10s'])(
    'may not be "%s"',
    (value) => {
      expect(taken).not.toBe('')
      expect(value).not.toMatch(new RegExp(`${taken}$`))
    },
  )

  it('is text until it is checked', () => {
    expect(text).toContain("\n    [string] $TimeoutSeconds = '10',\n")
    expect(text).toContain('\n$Milliseconds = Get-Milliseconds\n')
  })
})
