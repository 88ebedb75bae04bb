/** What a PAC file may answer: the one grammar of the settings and of the exporter's options. */
import { parseAddress } from './address.ts'
import { isNameOrIPv4 } from './host.ts'
import { accept, refuse, type Result } from './result.ts'

/** `PROXY host:port` and its kin: what every client of PAC files reads the same way. */
const HOP = /^(?:PROXY|HTTPS|SOCKS[45]?) (?:\[([^\]]+)\]|([^\s:]+)):([1-9][0-9]{0,4})$/

/**
 * Reads `PROXY a:8080; DIRECT` and gives it back with one "; " between its parts. The answer goes
 * into a script, so nothing else gets through.
 */
export function parsePacAnswer(text: string): Result<string> {
  const hops = text.split(';').map((hop) => hop.trim())
  const wrong = hops.find((hop) => !isHop(hop))
  if (wrong === undefined) return accept(hops.join('; '))
  return refuse(
    `${JSON.stringify(wrong)} is not DIRECT, or PROXY, HTTPS, SOCKS, SOCKS4 or SOCKS5 with ` +
      'HOST:PORT; several are separated by ";"',
  )
}

function isHop(text: string): boolean {
  if (text === 'DIRECT') return true
  const [, bracketed, name = '', port] = HOP.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) return false
  if (bracketed === undefined) return isNameOrIPv4(name)
  const address = parseAddress(bracketed)
  return address.ok && address.value.family === 6
}
