/** The preflight script, read by PowerShell's grammar and as strictly as an auditor. */
import { describe, expect, it } from 'vitest'
import { connectorPreflight } from '../../exporters/connector-preflight.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, optionsOf, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { callsOf, literal, literalsOf, readScript, type Script } from '../support/powershell.ts'

interface Endpoint {
  readonly name: string
  readonly ports: string
  readonly path: string | undefined
}

function endpointsOf(script: Script): Endpoint[] {
  return callsOf(script, 'New-Endpoint').map((call) => {
    const [name, ...otherNames] = literalsOf(call, 'Name')
    const [ports, ...otherPorts] = literalsOf(call, 'Port')
    const [path, ...otherPaths] = literalsOf(call, 'Path')
    const others = [...otherNames, ...otherPorts, ...otherPaths, ...(call.given.get('') ?? [])]
    expect(others).toEqual([])
    if (name === undefined || ports === undefined) throw new Error('an endpoint without either')
    expect(name).toMatch(/^(\*\.)?[a-z0-9_.-]+$/)
    expect(ports).toMatch(/^[0-9]+(-[0-9]+)?( [0-9]+(-[0-9]+)?)*$/)
    if (path !== undefined) expect(path).toMatch(/^\/[A-Za-z0-9._~/-]+$/)
    return { name, ports, path }
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
    expect(tested).toContainEqual({ name: '*.msappproxy.net', ports: '443', path: undefined })
    expect(tested).toContainEqual({ name: 'ocsp.msocsp.com', ports: '80', path: undefined })
    expect(tested).toHaveLength(input.rules.length)
  })

  it('has the ports of old connectors as ranges', () => {
    const { endpoints } = findService('app-proxy-legacy', 'Public')
    const input = exportInput({ rules: endpoints, options })
    const tested = endpointsOf(read(renderText(connectorPreflight, input)))
    const ports = '443 8080 9090-9091 10100-10120'
    expect(tested).toContainEqual({ name: '*.msappproxy.net', ports, path: undefined })
  })

  it.each([
    ['/pkiops', '/pkiops'],
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
    const status = /function Get-StatusVerdict \{([^]*?)\n\}\n/.exec(text)?.[1] ?? ''
    const judged = [...status.matchAll(/'([a-z-]{2,})'/g)].map(([, word]) => word)
    expect(new Set(judged)).toEqual(
      new Set(['no-answer', 'proxy-authentication', 'policy-refused', 'unreachable', 'ok']),
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
