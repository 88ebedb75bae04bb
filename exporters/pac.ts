/**
 * A complete proxy auto-config file: listed hosts use one proxy, all others the fallback. The first
 * line is the function, as Zscaler wants it, so comments are inside.
 */
import type { Exporter, ExportInput } from './contract.ts'
import { literal } from './parts/ascii.ts'
import {
  answerOf,
  answerOption,
  HOST_NAME,
  matching,
  PAC_LIMITS,
  refuseBypass,
  sized,
  test,
  words,
} from './parts/pac.ts'

export const pac: Exporter = {
  name: 'pac',
  summary: 'a proxy auto-config file: listed hosts use one proxy, all others another',
  group: 'pac',
  consumer: 'browsers, WinHTTP, proxies that read PAC files',
  proof: {
    by: 'program',
    with:
      'pactester 1.3.6 (pacparser), Chromium and pac-resolver 9.0.1 (QuickJS), the same answers; ' +
      'Firefox and WinHTTP by their documentation, not run',
  },
  guide: `\
**Needs** \`RANGEWARDEN_PAC_PROXY\` (what a match uses) and \`RANGEWARDEN_PAC_FALLBACK\` (everything else). Plain ES5.

**Matches** names first, then addresses the client asked for literally, by binary search. A list of addresses alone
resolves the host once. A match by address is refused where the answer has DIRECT in any place: that is a bypass to
every tenant, at once or when the proxy is down. Ports are not looked at; they are the proxy's business.

**Size**: refused over 1,000,000 bytes. Zscaler and the explicit proxy of Azure Firewall take 256 kB (262,144 bytes, by
their documentation, not run): a longer file says so at its head, and a list with a budget is what they can be given.
\`app-proxy-ip\` of 2025-10-28, both families, takes 54 kB, \`app-proxy\` 1.5 kB.

**Replaces**: clients fetch the whole file again, when they do: Chromium after 12 hours or a change of network.`,
  mediaType: 'application/x-ns-proxy-autoconfig; charset=utf-8',
  fileExtension: 'pac',
  families: [4, 6],
  carries: ['names', 'addresses'],
  // One answer for every host needs no list, and a PAC file cannot limit sources.
  anyDestination: false,
  revision: 2,
  limits: PAC_LIMITS,
  addsUp: false,
  options: [
    answerOption({
      name: 'proxy',
      setting: 'RANGEWARDEN_PAC_PROXY',
      summary: 'what hosts on the list use, such as "PROXY proxy.example:8080"',
      required: true,
    }),
    answerOption({
      name: 'fallback',
      setting: 'RANGEWARDEN_PAC_FALLBACK',
      summary: 'what all other hosts use, such as "DIRECT"',
      required: true,
    }),
  ],
  onEmpty: 'refuse',

  render(input) {
    refuseBypass(input)
    const first = 'function FindProxyForURL(url, host) {\n'
    return sized(first, [words(input), decision(input), ...matching('pac', input)])
  },
}

function decision(input: ExportInput): string {
  return (
    `  ${HOST_NAME}` +
    `  if (${test(input)}) return ${literal(answerOf(input, 'proxy'))};\n` +
    `  return ${literal(answerOf(input, 'fallback'))};\n}\n`
  )
}
