/** Which checks the catalogue comes to: a table, and what must hold of all of them. */
import { describe, expect, it } from 'vitest'
import { coversName, formatPort } from '../../src/core/endpoint-rule.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { findService } from '../../src/endpoints/index.ts'
import type { Check, PreflightWish } from '../../src/preflight/contract.ts'
import { namesFor, planChecks } from '../../src/preflight/plan.ts'

function plan(wish: Partial<PreflightWish> = {}): Check[] {
  return planChecks({ cloud: 'Public', isLegacy: false, names: [], ...wish })
}

/** `CONNECT login.windows.net 443`; what is not testable ends in a question mark. */
function lines(checks: readonly Check[]): string[] {
  return checks.map(({ method, name, ports, isTestable }) => {
    return `${method} ${name} ${ports.map(formatPort).join(',')}${isTestable ? '' : '?'}`
  })
}

function refusalOf(wish: Partial<PreflightWish>): unknown {
  try {
    return lines(plan(wish))
  } catch (error) {
    return error instanceof RangewardenError ? [error.code, error.message] : error
  }
}

describe('the plan', () => {
  it('asks for every required name on every port, wildcards as not testable', () => {
    expect(lines(plan())).toEqual([
      'CONNECT *.msappproxy.net 443?',
      'CONNECT *.servicebus.windows.net 443?',
      'GET crl3.digicert.com 80',
      'GET crl4.digicert.com 80',
      'GET ocsp.digicert.com 80',
      'GET crl.microsoft.com 80',
      'GET oneocsp.microsoft.com 80',
      'GET ocsp.msocsp.com 80',
      'CONNECT login.windows.net 443',
      'CONNECT secure.aadcdn.microsoftonline-p.com 443',
      'CONNECT *.microsoftonline.com 443?',
      'CONNECT *.microsoftonline-p.com 443?',
      'CONNECT *.msauth.net 443?',
      'CONNECT *.msauthimages.net 443?',
      'CONNECT *.msecnd.net 443?',
      'CONNECT *.msftauth.net 443?',
      'CONNECT *.msftauthimages.net 443?',
      'CONNECT *.phonefactor.net 443?',
      'CONNECT enterpriseregistration.windows.net 443',
      'CONNECT management.azure.com 443',
      'CONNECT policykeyservice.dc.ad.msft.net 443',
      'GET ctldl.windowsupdate.com 80',
      'CONNECT ctldl.windowsupdate.com 443',
      'GET www.microsoft.com 80',
      'CONNECT www.microsoft.com 443',
      'DIRECT *.servicebus.windows.net 5671,9350,9352?',
    ])
  })

  it('tests wildcards with the names given, each once', () => {
    const names = [
      'A.msappproxy.net',
      'b.c.msappproxy.net.',
      'a.msappproxy.net',
      'login.windows.net',
    ]
    const checks = lines(plan({ names }))
    expect(checks.slice(0, 3)).toEqual([
      'CONNECT a.msappproxy.net 443',
      'CONNECT b.c.msappproxy.net 443',
      'CONNECT *.servicebus.windows.net 443?',
    ])
    expect(new Set(checks).size).toBe(checks.length)
  })

  it('dials the Service Bus names given on the three direct ports', () => {
    const names = ['ns.servicebus.windows.net', 'tenant.msappproxy.net']
    expect(lines(plan({ names })).filter((line) => line.startsWith('DIRECT'))).toEqual([
      'DIRECT ns.servicebus.windows.net 5671',
      'DIRECT ns.servicebus.windows.net 9350',
      'DIRECT ns.servicebus.windows.net 9352',
    ])
  })

  it('with --legacy asks the legacy ports of the service names alone', () => {
    const names = ['t.msappproxy.net', 'ns.servicebus.microsoft.net']
    const checks = plan({ isLegacy: true, names })
    const legacy = [443, 8080, 9090, 9091, ...Array.from({ length: 21 }, (_, i) => 10_100 + i)]
    for (const name of names) {
      const ports = checks
        .filter((check) => check.name === name && check.method === 'CONNECT')
        .map(({ ports: [first] }) => first?.first)
      expect(ports).toEqual(legacy)
    }
    expect(lines(checks)).toContain(
      'CONNECT *.servicebus.windows.net 443,8080,9090-9091,10100-10120?',
    )
    expect(lines(checks)).toContain('CONNECT login.microsoftonline.com 443')
    expect(lines(checks)).toContain('DIRECT ns.servicebus.microsoft.net 9350')
    expect(checks.filter(({ ports: [p] }) => (p?.first ?? 0) > 443).length).toBeGreaterThan(40)
    expect(
      checks.every(({ name, ports: [p] }) => name !== 'login.windows.net' || p?.first === 443),
    ).toBe(true)
  })

  it('in the Government cloud asks for its names', () => {
    const checks = lines(
      plan({ cloud: 'AzureGovernment', names: ['ns.servicebus.usgovcloudapi.net'] }),
    )
    expect(checks).toContain('GET ctldl.windowsupdate.us 80')
    expect(checks).toContain('DIRECT ns.servicebus.usgovcloudapi.net 9352')
    expect(checks).not.toContain('CONNECT login.windows.net 443')
  })

  it('asks for a file that is there where one is known, by plain HTTP alone', () => {
    const path = (name: string): (string | undefined)[] =>
      plan()
        .filter((check) => check.name === name)
        .map((check) => check.path)
    expect(path('ctldl.windowsupdate.com')).toEqual([
      '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab',
      undefined,
    ])
    expect(path('www.microsoft.com')[0]).toMatch(/^\/pkiops\//)
    expect(path('ocsp.digicert.com')).toEqual(['/'])
  })

  it('misses no name or port of the catalogue', () => {
    for (const cloud of ['Public', 'AzureGovernment'] as const) {
      const checks = plan({ cloud })
      for (const { name, ports } of findService('app-proxy', cloud).endpoints) {
        const tried = checks.filter((check) => check.required === name && check.method !== 'DIRECT')
        expect([name, tried.flatMap((check) => check.ports)]).toEqual([name, ports])
      }
    }
  })

  it.each([
    [
      { names: ['evilmsappproxy.net'] },
      'invalid-input',
      /no required name covers it.*\*\.msauth\.net/,
    ],
    [{ names: ['msappproxy.net'] }, 'invalid-input', /no required name covers it/],
    [{ names: ['a b.msappproxy.net'] }, 'invalid-input', /is no host name/],
    [{ names: ['*.msappproxy.net'] }, 'invalid-input', /is no host name/],
    [{ names: ['192.0.2.1'] }, 'invalid-input', /no required name covers it/],
    [{ names: ['ns.servicebus.microsoft.net'] }, 'invalid-input', /no required name covers it/],
    [{ cloud: 'China' }, 'not-found', /no connector endpoint list for China/],
    [{ cloud: 'AzureGovernment', isLegacy: true }, 'not-found', /no service "app-proxy-legacy"/],
  ] as const)('refuses %j', (wish, code, message) => {
    expect(refusalOf(wish)).toEqual([code, expect.stringMatching(message)])
  })
})

describe('names for a required name', () => {
  it.each([
    [
      '*.x.test',
      ['a.x.test', 'x.test', 'ax.test', 'b.a.x.test', 'a.x.test.y'],
      ['a.x.test', 'b.a.x.test'],
    ],
    ['a.x.test', ['b.x.test'], ['a.x.test']],
    ['*.x.test', [], []],
  ])('%s by %j is %j', (required, given, expected) => {
    expect(namesFor(required, given)).toEqual(expected)
    for (const name of expected) expect(coversName(required, name)).toBe(true)
  })
})
