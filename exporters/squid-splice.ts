/**
 * One file for `include` in the squid.conf of a Squid that inspects TLS: the connectors' tunnels to
 * the listed names are passed on as they are (`splice`), because a connector trusts the service's
 * own certificates alone.
 *
 * The connector names its host in CONNECT, which is known at the first step: the tunnel is passed on
 * before a byte of TLS is read, so no `peek` is needed and the steps of other clients' rules do not
 * move. Where a rule of the site peeks first, the same line matches the name in the TLS hello.
 */
import { ExportRefused, type Exporter, type ExportInput } from './contract.ts'
import { identity } from './head.ts'
import { comment } from './parts/comment.ts'
import { textsOf } from './parts/networks.ts'
import { clientsOf, clientsOption } from './parts/options.ts'
import { aclLines, aclName, distinct, domains, MAX_ACL_NAME, withoutHttp } from './parts/squid.ts'

export const squidSplice: Exporter = {
  name: 'squid-splice',
  summary: 'an include file for a Squid that inspects TLS: listed names are passed on untouched',
  group: 'squid',
  consumer: 'Squid 5 and later built with OpenSSL (`squid-openssl` in Debian), by `include`',
  proof: {
    by: 'program',
    with:
      'squid-openssl 5.7: parsed without a warning; live, in a network namespace: a connector sees the certificate of ' +
      'a listed name itself, and the certificate of the proxy for all others. Later versions by their documentation',
  },
  guide: `\
Only for a Squid that decrypts TLS (\`ssl-bump\` on its \`http_port\`); others need nothing. Connectors take the
certificates of the service alone, so inspecting their traffic breaks them.

**Place**: before the first \`ssl_bump\` line of yours. The first rule that matches wins, so behind a \`bump\` or \`stare\`
that matches this file would do nothing. Which requests are admitted at all remains a matter of \`http_access\`.

**Passes on** the tunnels of the clients of \`RANGEWARDEN_SQUID_CLIENTS\` (loopback unless set) to the names that have a
port other than 80, by the host of the CONNECT request, before any TLS is read. Behind a \`peek\` of yours, and where
traffic is intercepted, it is the name in the TLS hello that counts; interception was not tested.

**Needs OpenSSL**: Debian's \`squid\` package is built without and does not start with this file ("FATAL: Invalid ACL
type 'ssl::server_name'", tested). That is why it is a file of its own.

**Replaces**: \`squid -k reconfigure\` reads the file anew, names that left are inspected again (tested), in new
tunnels: one that is open outlives that. How to apply the file safely: "Applying a file", above.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'conf',
  families: [4, 6],
  carries: ['names'],
  anyDestination: false,
  revision: 1,
  limits: { source: `Squid 5.7 refuses ACL names over ${MAX_ACL_NAME} characters` },
  options: [clientsOption],
  onEmpty: 'refuse',

  *render(input) {
    const names = namesOf(input)
    const clients = aclName(squidSplice.name, input.name, 'sclients')
    const splice = aclName(squidSplice.name, input.name, 'splice')
    yield* head(input)
    yield aclLines(clients, 'src', textsOf(clientsOf(input)))
    yield aclLines(splice, 'ssl::server_name', domains(squidSplice.name, names))
    yield `ssl_bump splice ${clients} ${splice}\n`
  },
}

/** Those with a port where TLS is spoken. */
function namesOf({ name: list, rules }: ExportInput): string[] {
  const tunnelled = rules.filter(({ ports }) => withoutHttp(ports).length > 0)
  if (tunnelled.length > 0) return distinct(tunnelled.map(({ name }) => name))
  throw new ExportRefused(
    `squid-splice has nothing to pass on: all ${rules.length} names of ${list} are for port 80`,
    { names: rules.length },
  )
}

function* head(input: ExportInput): Iterable<string> {
  const clients = textsOf(clientsOf(input)).join(' ')
  yield comment('# ', identity(input))
  yield comment(
    '# ',
    `Passes on TLS to the names below, uninspected, for the clients ${clients} and no others.`,
  )
  yield '#\n'
  yield comment(
    '# ',
    'Include this file before the first ssl_bump line: behind a "bump" or "stare" that matches it does ' +
      'nothing. Squid must be built with OpenSSL; it does not start with this file otherwise.',
  )
}
