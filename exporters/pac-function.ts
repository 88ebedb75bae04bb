/**
 * The test of a PAC file alone, for sites that have a PAC file of their own: a function that says
 * whether a host is on the list. All names end in the list's, so that two lists in one file do not
 * meet. No closure around them: pac-resolver does not take one with a lookup in it.
 */
import { ExportRefused, type Exporter, type ExportInput } from './contract.ts'
import {
  answerOption,
  HOST_NAME,
  matching,
  PAC_LIMITS,
  refuseBypass,
  sized,
  test,
  words,
} from './parts/pac.ts'

const NEVER_DIRECT =
  'It has networks that any Azure tenant may hold addresses of: do not answer DIRECT for a match, ' +
  'which would let every client reach every tenant past the proxy.'

export const pacFunction: Exporter = {
  name: 'pac-function',
  summary: 'a function for your own PAC file that says whether a host is on the list',
  group: 'pac',
  consumer: 'PAC files, by inclusion',
  proof: {
    by: 'program',
    with:
      'pactester 1.3.6 (pacparser), Chromium and pac-resolver 9.0.1 (QuickJS), two lists in one file; ' +
      'Firefox and WinHTTP by their documentation, not run',
  },
  guide: `\
A PAC file has no way to include another, so put this text below your own function, which stays the first line:

    function FindProxyForURL(url, host) {
      if (rangewardenMatch_app_proxy(host)) return "PROXY proxy.example:8080";
      return "DIRECT";
    }

\`cat yours.js app-proxy.js > proxy.pac\`. The function is named after the list, "-" written as "_" and "." as "$"
(\`rangewardenMatch_app_proxy$china\`). All its parts are named so, hence several lists can be in one file.

**Matches** as \`pac\` does: names first, then addresses the client asked for literally; a list of addresses alone
resolves the host once. Plain ES5. Ports are not looked at.

**What a match means is your file's business**, and this text cannot see it. A list with addresses is therefore refused
until \`RANGEWARDEN_PAC_PROXY\` says what a match is meant to use, and refused if that has DIRECT in any place: that is a
bypass to every tenant. Your file must then not answer DIRECT for such a list, which nothing here can check. Names need
no setting.

**Size**: as for \`pac\`, 1,000,000 bytes at most, and a word at the head over 256 kB. Your own text comes on top of it.

**Replaces**: the text is one whole list. Make the file anew from both parts, never add to the old one.`,
  mediaType: 'text/javascript; charset=utf-8',
  fileExtension: 'js',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: false,
  revision: 1,
  limits: PAC_LIMITS,
  options: [
    answerOption({
      name: 'proxy',
      setting: 'RANGEWARDEN_PAC_PROXY',
      summary: 'what your file uses for a match; only lists with addresses need it',
      required: false,
    }),
  ],
  onEmpty: 'refuse',

  render(input) {
    refuseUnknownUse(input)
    refuseBypass(input)
    const suffix = suffixOf(input.name)
    const warning = input.prefixes.length > 0 ? [NEVER_DIRECT] : []
    return sized(`function rangewardenMatch${suffix}(host) {\n`, [
      words(input, warning),
      `  ${HOST_NAME}  return ${test(input, suffix)};\n}\n`,
      ...matching('pac-function', input, suffix),
    ])
  },
}

/** The end of identifiers. Injective: no list's name has a "_" or a "$". */
function suffixOf(list: string): string {
  return `_${list.replaceAll('-', '_').replaceAll('.', '$')}`
}

function refuseUnknownUse({ name, prefixes, options }: ExportInput): void {
  if (prefixes.length === 0 || (options['proxy'] ?? '') !== '') return
  throw new ExportRefused(
    `${name} has ${prefixes.length} networks and RANGEWARDEN_PAC_PROXY does not say what a match ` +
      'uses: with DIRECT every client would go past the proxy to addresses that any Azure tenant may hold',
    { settings: ['RANGEWARDEN_PAC_PROXY'], networks: prefixes.length },
  )
}
