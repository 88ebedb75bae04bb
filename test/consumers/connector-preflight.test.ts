/** The preflight script, read by PowerShell's grammar and as strictly as an auditor. */
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { connectorPreflight } from '../../exporters/connector-preflight.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { findService } from '../../src/endpoints/index.ts'
import { planChecks } from '../../src/preflight/plan.ts'
import { judgeGet, judgeTunnel, type Answer } from '../../src/preflight/verdicts.ts'
import { exportInput, optionsOf, renderText, rule, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import {
  callsOf,
  functionOf,
  literal,
  literalsOf,
  readScript,
  type Script,
} from '../support/powershell.ts'

interface Endpoint {
  readonly name: string
  readonly ports: string
  readonly path: string | undefined
  /** Without a host below it the result is not well. */
  readonly needed: boolean
}

function endpointsOf(script: Script): Endpoint[] {
  return callsOf(script, 'New-Endpoint').map((call) => {
    const [name, ...otherNames] = literalsOf(call, 'Name')
    const [ports, ...otherPorts] = literalsOf(call, 'Port')
    const [path, ...otherPaths] = literalsOf(call, 'Path')
    const needed = call.given.get('Needed')
    const loose = [...(needed ?? []), ...(call.given.get('') ?? [])]
    const others = [...otherNames, ...otherPorts, ...otherPaths, ...loose]
    expect(others).toEqual([])
    if (name === undefined || ports === undefined) throw new Error('an endpoint without either')
    expect(name).toMatch(/^(\*\.)?[a-z0-9_.-]+$/)
    expect(ports).toMatch(/^[0-9]+(-[0-9]+)?( [0-9]+(-[0-9]+)?)*$/)
    if (path !== undefined) expect(path).toMatch(/^\/(?:[A-Za-z0-9._~/-]|%[0-9A-Fa-f]{2})+$/)
    return { name, ports, path, needed: needed !== undefined }
  })
}

function read(file: ExportFile): Script {
  const script = readScript(textOf(file))
  expect([...script.parameters.keys()]).toEqual([
    'Proxy',
    'TestName',
    'TimeoutSeconds',
    'Json',
    'AsNetworkService',
    'ResultPath',
  ])
  return script
}

formatLaws({
  exporter: connectorPreflight,
  read: (file) => ({ names: endpointsOf(read(file)).map(({ name }) => name) }),
  words: (file) => read(file).comments.join(' '),
})

function preflight(connectorProxy: string): string {
  return renderText(connectorPreflight, { ...SHAPES.mixed, options: { connectorProxy } })
}

describe('what it tests', () => {
  const options = optionsOf(connectorPreflight)

  it('is every name of the connector with its ports', () => {
    const { endpoints } = findService('app-proxy', 'Public')
    const input = exportInput({ rules: endpoints, options })
    const tested = endpointsOf(read(renderText(connectorPreflight, input)))
    expect(tested).toContainEqual(
      expect.objectContaining({ name: '*.msappproxy.net', ports: '443' }),
    )
    expect(tested).toContainEqual(expect.objectContaining({ name: 'ocsp.msocsp.com', ports: '80' }))
    expect(tested).toHaveLength(input.rules.length)
  })

  it('has the ports of old connectors as ranges', () => {
    const { endpoints } = findService('app-proxy-legacy', 'Public')
    const input = exportInput({ rules: endpoints, options })
    const tested = endpointsOf(read(renderText(connectorPreflight, input)))
    const ports = '443 8080 9090-9091 10100-10120'
    expect(tested).toContainEqual(expect.objectContaining({ name: '*.msappproxy.net', ports }))
  })

  it.each([
    ['/pkiops', '/pkiops'],
    ['/a%20b%2Fc.crl', '/a%20b%2Fc.crl'],
    ['/a%b', undefined],
    ['/100%', undefined],
    ['/a b', undefined],
    ['/x\r\nHost: evil', undefined],
    ["/'; evil", undefined],
    ['evil', undefined],
  ])('asks for the path %j as %j', (path, expected) => {
    const required = SHAPES.mixed.required.map((one) => ({ ...one, path }))
    const input = { ...SHAPES.mixed, required, options }
    const tested = endpointsOf(read(renderText(connectorPreflight, input)))
    expect(tested.find(({ name }) => name === 'trust.example')?.path).toBe(expected)
  })
})

/** `$NAME = @{ 'key' = 'value' … }` */
function tableOf(text: string, name: string): Map<string, string> {
  const [, rows = ''] = new RegExp(`\\$${name} = @\\{\\n([^}]*)\\}`).exec(text) ?? []
  return new Map(
    [...rows.matchAll(/^ {4}('[^\n]*') = ('[^\n]*')$/gm)].map(([, key = '', value = '']) => [
      literal(key),
      literal(value),
    ]),
  )
}

it.each(['Public', 'AzureGovernment'] as const)(
  'asks the hosts of %s for the files that the command asks for',
  (cloud) => {
    const { endpoints } = findService('app-proxy', cloud)
    const options = optionsOf(connectorPreflight)
    const input = exportInput({ rules: endpoints, required: [], options })
    const required = endpoints.map((one) => ({ ...one, service: 'app-proxy' }))
    const text = renderText(connectorPreflight, { ...input, required })
    const files = tableOf(text, 'KnownFile')
    const tested = endpointsOf(read(text))
    const pages = planChecks({ cloud, isLegacy: false, names: [] })
      .filter(({ method }) => method === 'GET')
      .map(({ name, path }) => [name, path])
    expect(pages.some(([, path]) => path?.includes('%20'))).toBe(cloud === 'Public')
    for (const [name = '', path] of pages) {
      const written = tested.find((one) => one.name === name)?.path
      expect([name, files.get(name) ?? written ?? '/']).toEqual([name, path])
    }
    const line = functionOf(text, 'Get-RequestLine')
    expect(line).toContain(
      'if ($KnownFile.ContainsKey($Name)) { $KnownFile[$Name] } else { $Path }',
    )
    expect(line).toContain("('GET http://{0}{1} HTTP/1.1' -f $Name, $file)")
  },
)

describe('what it may not leave untested', () => {
  function neededOf(input: Parameters<typeof exportInput>[0]): string[] {
    const options = optionsOf(connectorPreflight)
    const tested = endpointsOf(
      read(renderText(connectorPreflight, exportInput({ ...input, options }))),
    )
    return tested.filter(({ needed }) => needed).map(({ name }) => name)
  }
  const catalogue = ['app-proxy', 'app-proxy-legacy'].flatMap((service) =>
    findService(service, 'Public').endpoints.map((one) => ({ ...one, service })),
  )

  it('is every wildcard of the run time that anybody has a host of', () => {
    const current = catalogue.filter(({ service }) => service === 'app-proxy')
    expect(neededOf({ rules: current, required: current })).toEqual([
      '*.msappproxy.net',
      '*.servicebus.windows.net',
    ])
    expect(neededOf({ rules: catalogue, required: catalogue })).toEqual([
      '*.msappproxy.net',
      '*.servicebus.windows.net',
    ])
  })

  it("is a wider wildcard in their place, and the list owner's own", () => {
    const rules = [rule('*.windows.net', 443), rule('*.own.example', 443), rule('own.example', 443)]
    expect(neededOf({ rules: [...rules, rule('*.msauth.net', 443)], required: catalogue })).toEqual(
      ['*.own.example', '*.windows.net'],
    )
  })

  it('ends it with 1 like a fault, here and as Network Service, and says which names to give', () => {
    const text = preflight('http://proxy.example:8080')
    const script = read(text)
    const open = script.settings.get('open') ?? ''
    expect(open).toContain("$_.Verdict -eq 'not-testable' -and $_.Needed")
    expect(text).toContain('\nif ($bad.Count -gt 0 -or $open.Count -gt 0) { exit 1 }\nexit 0\n')
    expect(text).toMatch(/Detail {2}= \$Detail\n {8}Needed {2}= \$Needed\n/)
    expect(callsOf(script, 'Show-Untested')).toHaveLength(1)
    expect(text).toContain("'Nothing is wrong, but needed'")
    expect(text).toContain("'Give a host below each: -TestName {0}'")
  })

  it('is a direct connection to a name of which DNS said nothing', () => {
    const text = preflight('http://proxy.example:8080')
    const [, direct = ''] = /function Test-Direct \{([^]*?)\n\}\n/.exec(text) ?? []
    expect(direct).toMatch(
      /-eq 'unknown'\) \{\n +return New-Result @row -Verdict 'not-testable' .* -Needed \$true\n/,
    )
    const [, resolve = ''] = /function Resolve-Name \{([^]*?)\n\}\n/.exec(text) ?? []
    // No answer in time, and a failure that is no answer.
    expect(resolve.match(/\$Unknown\[\$Name\] = /g)).toHaveLength(2)
  })
})

describe('the proxy', () => {
  it('is the default of -Proxy, exactly', () => {
    const script = read(preflight('http://[2001:db8::5]:8080/'))
    expect(literal(script.parameters.get('Proxy') ?? '')).toBe('http://[2001:db8::5]:8080')
  })

  it.each(HOSTILE)('is not %j', (text) => {
    expect(() => preflight(`http://${text}:8080`)).toThrow(ExportRefused)
  })
})

describe('its verdicts', () => {
  const text = preflight('http://proxy.example:8080')
  const script = read(text)
  const WORDS = [
    'goes-around',
    'inspected',
    'no-answer',
    'not-testable',
    'ok',
    'policy-refused',
    'proxy-authentication',
    'silently-dropped',
    'unreachable',
    'unresolved',
  ]

  it('are ten words, each with its sentence', () => {
    const [, table = ''] = /\$Sentence = @\{\n([^}]*)\}/.exec(text) ?? []
    const words = [...table.matchAll(/^ {4}'([a-z-]+)' = '.{8,}'$/gm)].map(([, word]) => word)
    expect(words.sort()).toEqual(WORDS)
    expect(table.split('\n').length - 1).toBe(WORDS.length)
  })

  it('are given by those words alone', () => {
    const given = callsOf(script, 'New-Result').flatMap((call) => {
      const verdict = call.given.get('Verdict')?.[0]
      return verdict?.computed === true ? [] : (verdict?.literals ?? [])
    })
    for (const word of given) expect(WORDS).toContain(word)
    const judges = ['Get-RefusalVerdict', 'Get-TunnelVerdict', 'Get-PageVerdict']
    const judged = judges.flatMap((name) =>
      [...functionOf(text, name).matchAll(/(?:return|^ {3}) '([a-z-]+)'/gm)].map(
        ([, word]) => word,
      ),
    )
    expect(new Set(judged)).toEqual(
      new Set(['proxy-authentication', 'policy-refused', 'unreachable', 'ok']),
    )
  })

  it('say what the article says of 407 and 403', () => {
    expect(text).toContain('The proxy wants authentication (407), which the connector cannot give')
    expect(text).toContain("The proxy''s policy refuses it (403)")
  })
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

/** A function of comparisons alone, asked in JavaScript. @throws for any other */
function ask(text: string, name: string, given: Values): string {
  const [, lines = ''] = /^ {4}param\(.*\)\n\n([^]*)\n\}$/m.exec(functionOf(text, name)) ?? []
  for (const line of lines.split('\n')) {
    const [, condition = 'true', word, next] =
      /^ {4}(?:if \((.+)\) \{ return )?(?:'([a-z-]+)'|(Get-\w+) -Status \$Status)(?: \})?$/.exec(
        line,
      ) ?? []
    const isMixed = condition.includes('-and') && condition.includes('-or')
    if ((word ?? next) === undefined || isMixed) throw new Error(`no comparison: ${line}`)
    const script = condition
      .replaceAll(/-[a-z]+(?= )/g, (operator) => OPERATORS[operator] ?? operator)
      .replaceAll('$', '')
    if (runInNewContext(script, { ...given }) !== true) continue
    return next === undefined ? (word ?? '') : ask(text, next, given)
  }
  throw new Error(`${name} says nothing`)
}

function pattern(script: Script, name: string): RegExp {
  const parts = (script.settings.get(name) ?? '').split(/ \+\n\s*/)
  return new RegExp(parts.map(literal).join(''))
}

describe('whose an answer is and what it means', () => {
  const text = preflight('http://proxy.example:8080')
  const script = read(text)

  /** As Test-Page puts them together. */
  function judgePage({ status, headers }: Answer, name: string, voice: Answer): string {
    const error = pattern(script, 'StatusError').test(headers['proxy-status'] ?? '')
    const IsNamed = 'x-squid-error' in headers || error
    const [Theirs, Own] = [headers['server'] ?? '', voice.headers['server'] ?? '']
    const Author = ask(text, 'Get-Author', { IsNamed, Theirs, Own })
    const [, there] = pattern(script, 'LocationHost').exec(headers['location'] ?? '') ?? []
    const site = (host: string): string | undefined => pattern(script, 'Site').exec(host)?.[0]
    const isAway = status >= 300 && status <= 399 && there !== undefined
    const Elsewhere = isAway && site(there.toLowerCase()) !== site(name) ? there : ''
    return ask(text, 'Get-PageVerdict', { Status: status, Author, IsNamed, Elsewhere })
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
    undefined,
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

  it('is for a page what the command says, for every answer', () => {
    const voices = [{}, { server: 'gate' }].map((headers) => ({ status: 502, headers }))
    for (const voice of voices)
      for (const signature of signatures)
        for (const word of words)
          for (const status of [...statuses, ...failures])
            for (const location of locations) {
              const to = location === undefined ? {} : { location }
              const answer = { status, headers: { ...signature, ...word, ...to } }
              const { verdict } = judgeGet(answer, 'crl.test', voice)
              expect([answer, voice, judgePage(answer, 'crl.test', voice)]).toEqual([
                answer,
                voice,
                verdict,
              ])
            }
  })

  it('is for a tunnel what the command says', () => {
    for (const status of [...statuses, ...failures]) {
      const said = ask(text, 'Get-TunnelVerdict', { Status: status })
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
  const text = preflight('http://proxy.example:8080')
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
  const text = preflight('http://proxy.example:8080')
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
  const text = preflight('http://proxy.example:8080')
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

it('waits for nothing without a limit', () => {
  const text = preflight('http://proxy.example:8080')
  for (const wait of text.match(/\.Wait\([^)]*\)/g) ?? []) expect(wait).toBe('.Wait($Milliseconds)')
  expect(text).toContain('$stream.ReadTimeout = $Milliseconds')
  expect(text).toContain('$stream.WriteTimeout = $Milliseconds')
})
