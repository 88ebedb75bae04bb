/** The preflight script, read by PowerShell's grammar and as strictly as an auditor. */
import { describe, expect, it } from 'vitest'
import { connectorPreflight } from '../../exporters/connector-preflight.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { findService } from '../../src/endpoints/index.ts'
import { planChecks } from '../../src/preflight/plan.ts'
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

it('waits for nothing without a limit', () => {
  const text = preflight('http://proxy.example:8080')
  for (const wait of text.match(/\.Wait\([^)]*\)/g) ?? []) expect(wait).toBe('.Wait($Milliseconds)')
  expect(text).toContain('$stream.ReadTimeout = $Milliseconds')
  expect(text).toContain('$stream.WriteTimeout = $Milliseconds')
})
