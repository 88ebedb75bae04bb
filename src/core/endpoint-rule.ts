/** Names with ports, as rules: what an allowlist admits by name, with covered names dropped. */
import { compareText } from './snapshot.ts'

/** `first` to `last`, both included; one port has both equal. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** Admits `name` on `ports`. `*.x` stands for every name below x, any depth, not for x itself. */
export interface EndpointRule {
  readonly name: string
  readonly ports: readonly PortRange[]
}

export function port(first: number, last = first): PortRange {
  return { first, last }
}

/** `443` or `10100-10120`. */
export function formatPort({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`
}

/** True if every host that `other` names is named by `wide` too. */
export function coversName(wide: string, other: string): boolean {
  return wide === other || (wide.startsWith('*.') && other.endsWith(wide.slice(1)))
}

/**
 * The same admissions with nothing said twice: one rule per name, ports merged, ports that a wider
 * name already admits left out, rules without ports gone. Sorted by name. O(n^2) in names: tens.
 */
export function mergeRules(rules: readonly EndpointRule[]): EndpointRule[] {
  const byName = new Map<string, PortRange[]>()
  for (const rule of rules) {
    const name = rule.name.toLowerCase()
    byName.set(name, [...(byName.get(name) ?? []), ...rule.ports])
  }
  const merged = [...byName].map(([name, ports]) => ({ name, ports: mergePorts(ports) }))
  return merged
    .map(({ name, ports }) => {
      const wider = merged.filter((other) => other.name !== name && coversName(other.name, name))
      return {
        name,
        ports: subtractPorts(
          ports,
          wider.flatMap((other) => other.ports),
        ),
      }
    })
    .filter(({ ports }) => ports.length > 0)
    .sort((a, b) => compareText(a.name, b.name))
}

/** Sorted, disjoint, adjacent ranges joined. */
export function mergePorts(ports: readonly PortRange[]): PortRange[] {
  const merged: { first: number; last: number }[] = []
  for (const { first, last } of ports.toSorted((a, b) => a.first - b.first)) {
    const previous = merged.at(-1)
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last)
    else merged.push({ first, last })
  }
  return merged
}

function subtractPorts(ports: readonly PortRange[], without: readonly PortRange[]): PortRange[] {
  return mergePorts(without).reduce<PortRange[]>(
    (left, { first, last }) =>
      left.flatMap((range) =>
        [
          { first: range.first, last: Math.min(range.last, first - 1) },
          { first: Math.max(range.first, last + 1), last: range.last },
        ].filter((part) => part.first <= part.last),
      ),
    mergePorts(ports),
  )
}
