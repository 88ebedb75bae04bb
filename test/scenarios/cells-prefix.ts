/** One prefix more in an ordinary tag of the next week's file. */
import type { Cell } from './cell.ts'
import { document, held, refused, type Verdict } from './cells-document.ts'
import { withPrefix } from './documents.ts'

/** Never reachable from the internet, or not meant to be. */
const special = (shown: string) =>
  refused(new RegExp(`${shown.replaceAll('.', '\\.')} is in private, reserved or documentation`))

const table: readonly (readonly [string, unknown, Verdict])[] = [
  ['host bits', '20.0.0.1/16', refused(/20\.0\.0\.1\/16.*host bits are set/)],
  ['/0', '0.0.0.0/0', refused(/0\.0\.0\.0\/0 is wider than \/8/)],
  ['/0 of IPv6', '::/0', refused(/::\/0 is wider than \/20/)],
  [
    '/13, wider than any before',
    '20.0.0.0/13',
    held(/"width".*20\.0\.0\.0\/13 is wider than \/14/),
  ],
  [
    '/38, wider than any before',
    '2603:1000::/38',
    held(/"width".*2603:1000::\/38 is wider than \/39/),
  ],
  ['private', '10.1.0.0/16', special('10.1.0.0/16')],
  ['loopback', '127.0.0.0/24', special('127.0.0.0/24')],
  ['loopback of IPv6', '::1/128', special('::1/128')],
  ['multicast', '239.1.0.0/24', special('239.1.0.0/24')],
  ['multicast of IPv6', 'ff02::/32', special('ff02::/32')],
  ['documentation', '203.0.113.0/24', special('203.0.113.0/24')],
  ['documentation of IPv6', '2001:db8::/48', special('2001:db8::/48')],
  ['IPv4-mapped', '::ffff:20.0.0.0/112', refused(/::ffff:20\.0.*a dotted IPv4 tail is not/)],
  [
    'IPv4-mapped in hexadecimal',
    '::ffff:1400:0/112',
    refused(/::ffff:1400:0.*IPv4-mapped IPv6 addresses are not/),
  ],
  ['a zone id on public space', '2603:1000::%1/48', refused(/2603:1000::%1\/48/)],
  ['leading zeros', '020.000.000.000/16', refused(/020\.000\.000\.000\/16/)],
  ['a decimal length', '20.0.0.0/16.5', refused(/0\/16\.5.*length is a decimal number/)],
  ['a negative length', '20.0.0.0/-16', refused(/0\/-16.*length is a decimal number/)],
]

export const prefixCells: readonly Cell[] = table.map(([fault, prefix, verdict]) =>
  document(`prefix: ${fault}`, withPrefix(prefix), verdict),
)
