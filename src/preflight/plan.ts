/** Which checks a set of required names comes to. Pure: nothing is asked here. */
import { KNOWN_FILES } from '../core/connector-files.ts'
import { DIRECT_PORTS, HTTP_PORT } from '../core/connector-ports.ts'
import { coversName, mergePorts, port, type PortRange } from '../core/endpoint-rule.ts'
import { invalidInput } from '../core/errors.ts'
import { isNameOrIPv4 } from '../core/host.ts'
import type { Endpoint } from '../endpoints/contract.ts'
import { findService } from '../endpoints/index.ts'
import type { Check, PreflightWish } from './contract.ts'

/** Service Bus is what goes past the proxy where it can: its own names, in every cloud. */
const SERVICE_BUS = /^\*\.servicebus\./

/**
 * The checks in the catalogue's order, each once, then the direct ones.
 * @throws RangewardenError `not-found` for a cloud without a list; `invalid-input` for a name that
 *   no required name covers
 */
export function planChecks(wish: PreflightWish): Check[] {
  const endpoints = mergeEndpoints(wish)
  const names = givenNames(wish.names, endpoints)
  const proxied = endpoints.flatMap((endpoint) => proxiedChecks(endpoint, names))
  return [...unique(proxied), ...unique(directChecks(endpoints, names))]
}

/** One endpoint per name, with the ports of all services that ask for it. */
function mergeEndpoints({ cloud, isLegacy }: PreflightWish): Endpoint[] {
  const services = isLegacy ? ['app-proxy', 'app-proxy-legacy'] : ['app-proxy']
  const merged = new Map<string, Endpoint>()
  for (const endpoint of services.flatMap((name) => findService(name, cloud).endpoints)) {
    const before = merged.get(endpoint.name)
    const ports = mergePorts([...(before?.ports ?? []), ...endpoint.ports])
    merged.set(endpoint.name, { ...(before ?? endpoint), ports })
  }
  return [...merged.values()]
}

/** In lower case, each once. */
export function givenNames(
  names: readonly string[],
  required: readonly { readonly name: string }[],
): string[] {
  const given = [...new Set(names.map((name) => name.toLowerCase().replace(/\.$/, '')))]
  for (const name of given) {
    if (!isNameOrIPv4(name)) throw invalidInput(`--name "${name}" is no host name`)
    if (required.some((rule) => coversName(rule.name, name))) continue
    const wildcards = required.map((rule) => rule.name).filter(isWildcard)
    throw invalidInput(
      `--name ${name}: no required name covers it; wildcards are ${wildcards.join(', ')}`,
    )
  }
  return given
}

function isWildcard(name: string): boolean {
  return name.startsWith('*.')
}

/** The names that stand for a required one: itself, or those given for a wildcard. */
export function namesFor(required: string, given: readonly string[]): readonly string[] {
  return isWildcard(required) ? given.filter((name) => coversName(required, name)) : [required]
}

function proxiedChecks(endpoint: Endpoint, given: readonly string[]): Check[] {
  const names = namesFor(endpoint.name, given)
  if (names.length === 0) return [untestable(endpoint, 'CONNECT', endpoint.ports)]
  return names.flatMap((name) =>
    singlePorts(endpoint.ports).map((number) => proxiedCheck(endpoint, name, number)),
  )
}

function proxiedCheck({ name: required, phase, path }: Endpoint, name: string, n: number): Check {
  const common = { name, required, ports: [port(n)], phase, isTestable: true }
  if (n !== HTTP_PORT) return { ...common, method: 'CONNECT', path: undefined }
  return { ...common, method: 'GET', path: KNOWN_FILES[name] ?? path ?? '/' }
}

/** One row for the lack of a name, not one for each Service Bus wildcard that was ever published. */
function directChecks(endpoints: readonly Endpoint[], given: readonly string[]): Check[] {
  const wildcards = endpoints.filter(({ name }) => SERVICE_BUS.test(name))
  const checks = wildcards.flatMap((endpoint) =>
    namesFor(endpoint.name, given).flatMap((name) =>
      singlePorts(DIRECT_PORTS).map((number) => directCheck(endpoint, name, number)),
    ),
  )
  const [first] = wildcards
  return checks.length === 0 && first ? [untestable(first, 'DIRECT', DIRECT_PORTS)] : checks
}

function directCheck({ name: required, phase }: Endpoint, name: string, number: number): Check {
  const ports = [port(number)]
  return { method: 'DIRECT', name, required, ports, path: undefined, phase, isTestable: true }
}

function untestable(
  { name, phase }: Endpoint,
  method: Check['method'],
  ports: readonly PortRange[],
): Check {
  return { method, name, required: name, ports, path: undefined, phase, isTestable: false }
}

function singlePorts(ports: readonly PortRange[]): number[] {
  return ports.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  )
}

/** A name may be asked for by itself and by a wildcard: the first asks. */
function unique(checks: readonly Check[]): Check[] {
  const byTarget = new Map<string, Check>()
  for (const check of checks) {
    const key = JSON.stringify([check.method, check.name, check.ports])
    if (!byTarget.has(key)) byTarget.set(key, check)
  }
  return [...byTarget.values()]
}
