/** Rules of names and ports: merging says nothing twice and admits exactly what was admitted. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  coversName,
  formatPort,
  mergePorts,
  mergeRules,
  port,
  type EndpointRule,
  type PortRange,
} from '../../src/core/endpoint-rule.ts'

describe('coversName', () => {
  it.each([
    ['*.msappproxy.net', 'a.msappproxy.net', true],
    ['*.msappproxy.net', 'a.b.msappproxy.net', true],
    ['*.msappproxy.net', '*.b.msappproxy.net', true],
    ['*.msappproxy.net', '*.msappproxy.net', true],
    ['*.msappproxy.net', 'msappproxy.net', false],
    ['*.msappproxy.net', 'evilmsappproxy.net', false],
    ['*.msappproxy.net', '*.evilmsappproxy.net', false],
    ['*.msappproxy.net', 'a.msappproxy.net.evil.xyz', false],
    ['*.b.msappproxy.net', '*.msappproxy.net', false],
    ['login.windows.net', 'login.windows.net', true],
    ['login.windows.net', 'a.login.windows.net', false],
    ['windows.net', 'login.windows.net', false],
  ])('%s covers %s: %s', (wide, other, covers) => {
    expect(coversName(wide, other)).toBe(covers)
  })
})

describe('formatPort', () => {
  it('writes one port alone and a range with a dash', () => {
    expect([formatPort(port(443)), formatPort(port(10100, 10120))]).toEqual(['443', '10100-10120'])
  })
})

describe('mergePorts', () => {
  it('joins ranges that overlap, touch or repeat, and no others', () => {
    expect(mergePorts([port(443), port(80), port(443)])).toEqual([port(80), port(443)])
    expect(mergePorts([port(5, 9), port(10), port(1, 3)])).toEqual([port(1, 3), port(5, 10)])
    expect(mergePorts([port(1, 10), port(2, 3)])).toEqual([port(1, 10)])
    expect(mergePorts([])).toEqual([])
  })

  it('leaves the ports it was given as they were', () => {
    const given = [port(5, 9), port(7, 12)]
    mergePorts(given)
    expect(given).toEqual([port(5, 9), port(7, 12)])
  })
})

describe('mergeRules', () => {
  it('drops a name that a wildcard covers on the same ports', () => {
    const merged = mergeRules([
      { name: 'A.MSAppProxy.net', ports: [port(443)] },
      { name: '*.msappproxy.net', ports: [port(443)] },
      { name: 'msappproxy.net', ports: [port(443)] },
    ])
    expect(merged).toEqual([
      { name: '*.msappproxy.net', ports: [port(443)] },
      { name: 'msappproxy.net', ports: [port(443)] },
    ])
  })

  it('keeps a covered name for the ports that only it has', () => {
    const merged = mergeRules([
      { name: '*.x.net', ports: [port(443)] },
      { name: 'a.x.net', ports: [port(80), port(440, 450)] },
    ])
    expect(merged[1]).toEqual({
      name: 'a.x.net',
      ports: [port(80), port(440, 442), port(444, 450)],
    })
  })

  const anyName = fc.constantFrom(
    ...['x.net', '*.x.net', 'a.x.net', '*.a.x.net', 'b.a.x.net', 'B.A.x.NET', 'ax.net', '*.ax.net'],
  )
  const anyPorts = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.nat(4))
      .map(([first, more]) => port(first, first + more)),
    { maxLength: 4 },
  )
  const anyRules = fc.array(fc.record({ name: anyName, ports: anyPorts }), { maxLength: 8 })
  const hosts = ['x.net', 'a.x.net', 'c.x.net', 'b.a.x.net', 'c.b.a.x.net', 'ax.net', 'y.ax.net']

  it('admits the same hosts on the same ports as the rules it was given', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        const merged = mergeRules(rules)
        for (const host of hosts) {
          for (let at = 1; at <= 17; at++)
            expect(admits(merged, host, at)).toBe(admits(rules, host, at))
        }
      }),
    )
  })

  it('says nothing twice: one rule a name, in order, no port of a name that covers it', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        const merged = mergeRules(rules)
        const names = merged.map(({ name }) => name)
        expect(names).toEqual([...new Set(names)].sort())
        for (const { name, ports } of merged) {
          expect(ports.length).toBeGreaterThan(0)
          expect(ports).toEqual(mergePorts(ports))
          const wider = merged.filter(
            (other) => other.name !== name && coversName(other.name, name),
          )
          for (const other of wider) expect(overlap(ports, other.ports)).toBe(false)
        }
        expect(mergeRules(merged)).toEqual(merged)
      }),
    )
  })
})

/** What a rule means, written without the code under test. */
function admits(rules: readonly EndpointRule[], host: string, at: number): boolean {
  return rules.some(({ name, ports }) => {
    const lower = name.toLowerCase()
    const named = lower.startsWith('*.')
      ? host.length > lower.length - 1 && host.endsWith(lower.slice(1))
      : host === lower
    return named && ports.some(({ first, last }) => first <= at && at <= last)
  })
}

function overlap(a: readonly PortRange[], b: readonly PortRange[]): boolean {
  return a.some((x) => b.some((y) => x.first <= y.last && y.first <= x.last))
}
