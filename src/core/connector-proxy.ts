/** The proxy of the connectors: the one grammar of the setting, the kit's formats and the preflight. */
import { parseAddress } from './address.ts'
import { isNameOrIPv4 } from './host.ts'
import { accept, refuse, type Result } from './result.ts'

export interface ConnectorProxy {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** `http://host:port`, as the connector's configuration wants it. */
  readonly url: string
}

const PROXY = /^http:\/\/(?:\[([^\]]+)\]|([^\s:/@\]]+)):([1-9][0-9]{0,4})\/?$/

const RULE =
  'written http://HOST:PORT, without user, password or path: the connector takes no other ' +
  '"proxyaddress" and answers no proxy that asks for a password'

/** Reads `http://proxy.example:8080`. A value without `http://` is what breaks most connectors. */
export function parseConnectorProxy(text: string): Result<ConnectorProxy> {
  const [, bracketed, name, digits] = PROXY.exec(text) ?? []
  const port = Number(digits)
  const host = (bracketed ?? name)?.toLowerCase()
  if (host === undefined || port > 65_535) return refuse(`a connector's proxy is ${RULE}`)
  if (bracketed === undefined && !isNameOrIPv4(host)) {
    return refuse(`"${host}" is no host name or address; a connector's proxy is ${RULE}`)
  }
  if (bracketed !== undefined && !isIPv6(host)) {
    return refuse(`"[${host}]" is no IPv6 address; a connector's proxy is ${RULE}`)
  }
  const inUrl = bracketed === undefined ? host : `[${host}]`
  return accept({ host, port, url: `http://${inUrl}:${port}` })
}

function isIPv6(text: string): boolean {
  const address = parseAddress(text)
  return address.ok && address.value.family === 6
}
