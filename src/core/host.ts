/** How a host is written in a setting: an address or a name. */
import { parseAddress } from './address.ts'

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

/** An IPv4 address, or a name with a letter in it: `127.0.0.256` and `10` are mistakes, not names. */
export function isNameOrIPv4(text: string): boolean {
  const address = parseAddress(text)
  if (address.ok) return address.value.family === 4
  return HOST_NAME.test(text) && /[A-Za-z]/.test(text)
}
