/** Who asks a reverse proxy under test, from where: all of it in one network namespace. */
import { prefixes } from './export-input.ts'
import { networkNamespace, type NetworkNamespace } from './network-namespace.ts'
import { answerTo, type Answer } from './run-inside.ts'

/** The proxy listens on one address of each family. */
export const PROXY = '10.9.0.1'
export const PROXY_6 = 'fd00::1'
export const PORT = 8099

const STAYS = ['20.1.0.9', '20.1.9.9', '2603:1030::9']
const WITHDRAWN = ['20.2.0.9', '2603:1031::9']
const OUTSIDE = ['20.1.0.16', '20.1.9.8', '198.51.100.7', '2603:1032::9', '2001:db8::7']

export const TODAY = prefixes('20.1.0.0/28', '20.1.9.9/32', '2603:1030::/47')
export const YESTERDAY = prefixes(
  ...TODAY.map(({ text }) => text),
  ...['20.2.0.0/24', '2603:1031::/48'],
)

/** The addresses that the proxy must answer with 200, of all that ask. */
export const SERVED = { today: STAYS, yesterday: [...STAYS, ...WITHDRAWN] }

export function reverseProxyWorld(): Promise<NetworkNamespace> {
  return networkNamespace([PROXY, PROXY_6, ...STAYS, ...WITHDRAWN, ...OUTSIDE], [])
}

/** Who is answered with 200; whoever is answered with anything but that and 403 is an error. */
export async function served(inside: NetworkNamespace): Promise<string[]> {
  const found: string[] = []
  for (const from of [...STAYS, ...WITHDRAWN, ...OUTSIDE]) {
    const answer: Answer = await answerTo(inside, from, from.includes(':') ? PROXY_6 : PROXY, PORT)
    if (answer === 200) found.push(from)
    else if (answer !== 403) throw new Error(`${from} is answered with ${answer}`)
  }
  return found
}
