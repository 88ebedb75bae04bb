import { describe, expect, it } from 'vitest'
import { parseClientNetworks } from '../../src/core/client-networks.ts'

function textsOf(text: string): string[] | string {
  const clients = parseClientNetworks(text)
  return clients.ok ? clients.value.map((prefix) => prefix.text) : clients.reason
}

describe('the clients of a proxy', () => {
  it('are networks and single addresses of both families, collapsed', () => {
    expect(textsOf('10.1.2.10, 10.1.2.0/24,fd00::/65, FD00:0:0:0:8000::/65,,2001:db8::7,')).toEqual(
      ['10.1.2.0/24', '2001:db8::7/128', 'fd00::/64'],
    )
  })

  it.each([
    ['', 'at least one address or network'],
    [' , ', 'at least one address or network'],
    ['10.0.0.1/8', '"10.0.0.1/8": host bits are set'],
    ['10.0.0.0/08', '"10.0.0.0/08": a prefix length is a decimal number'],
    ['10.0.0.0/8 10.1.0.0/16', '"10.0.0.0/8 10.1.0.0/16": a prefix length is a decimal number'],
    ['0.0.0.0/1, 128.0.0.0/1', '0.0.0.0/0 would admit everybody; name the networks'],
    ['::/1', '::/1 holds ::ffff:0:0/96, which is all of IPv4 to Squid; name the networks'],
    ['10.0.0.0/8,::/0', '::/0 would admit everybody; name the networks'],
  ])('may not be %j', (text, reason) => {
    expect(textsOf(text)).toBe(reason)
  })
})
