/** Options that several formats share: one setting, one grammar. */
import { parseClientNetworks } from '../../src/core/client-networks.ts'
import { parseConnectorProxy, type ConnectorProxy } from '../../src/core/connector-proxy.ts'
import { parseNftablesTable, type NftablesTable } from '../../src/core/nftables-table.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import type { Result } from '../../src/core/result.ts'
import { parseYesNo } from '../../src/core/yes-no.ts'
import type { ExporterOption, ExportInput } from '../contract.ts'

const DEFAULT_CLIENTS = '127.0.0.1/32,::1/128'

export const clientsOption: ExporterOption = {
  name: 'clients',
  setting: 'RANGEWARDEN_SQUID_CLIENTS',
  summary: 'networks of the connectors, the only clients the rules admit',
  required: false,
  default: DEFAULT_CLIENTS,
  check: broken(parseClientNetworks),
}

/** The connectors' networks, collapsed. */
export function clientsOf(input: ExportInput): readonly Prefix[] {
  return valueOf(clientsOption, parseClientNetworks, input)
}

export const connectorProxyOption: ExporterOption = {
  name: 'connectorProxy',
  setting: 'RANGEWARDEN_CONNECTOR_PROXY',
  summary: 'the proxy of the connectors, such as "http://proxy.example:8080"',
  required: true,
  check: broken(parseConnectorProxy),
}

export function connectorProxyOf(input: ExportInput): ConnectorProxy {
  return valueOf(connectorProxyOption, parseConnectorProxy, input)
}

export const connect80Option: ExporterOption = {
  name: 'connect80',
  setting: 'RANGEWARDEN_CONNECTOR_CONNECT_80',
  summary: 'yes: connectors may tunnel (CONNECT) to port 80 too, as the article asks',
  required: false,
  default: 'no',
  check: broken(parseYesNo),
}

export function connect80Of(input: ExportInput): boolean {
  return valueOf(connect80Option, parseYesNo, input) === 'yes'
}

export const nftablesTableOption: ExporterOption = {
  name: 'table',
  setting: 'RANGEWARDEN_NFTABLES_TABLE',
  summary: 'the table of nftables whose rules use the sets',
  required: false,
  default: 'inet rangewarden',
  check: broken(parseNftablesTable),
}

export function nftablesTableOf(input: ExportInput): NftablesTable {
  return valueOf(nftablesTableOption, parseNftablesTable, input)
}

function broken(parse: (text: string) => Result<unknown>): ExporterOption['check'] {
  return (value) => {
    const parsed = parse(value)
    return parsed.ok ? undefined : parsed.reason
  }
}

/** Options were checked before rendering: a broken one here is our bug. */
function valueOf<T>(
  { name, default: fallback = '' }: ExporterOption,
  parse: (text: string) => Result<T>,
  { options }: ExportInput,
): T {
  const parsed = parse(options[name] ?? fallback)
  if (parsed.ok) return parsed.value
  throw new Error(`the option ${name} was not checked: ${parsed.reason}`)
}
