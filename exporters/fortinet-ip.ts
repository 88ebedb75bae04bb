/**
 * An external resource of type address for FortiGate: a subnet on a line.
 *
 * Comments are documented for FortiMail only. On FortiGate a line of `#` is at worst an invalid line
 * that its statistics count: it begins with no address, so it can never admit one. What the
 * addresses admit must be said somewhere, so the head stays.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { lines, textsOf } from './parts/networks.ts'

export const fortinetIp: Exporter = {
  name: 'fortinet-ip',
  summary: 'an IP address feed for FortiGate, one subnet per line, with a # head',
  group: 'vendor',
  consumer: 'FortiGate: external resource of type address; FortiMail, FortiProxy, FortiWeb',
  proof: {
    by: 'grammar',
    with:
      'one subnet per line (FortiOS 7.0 to 7.6, "Threat feeds", "IP address threat feed"), read strictly in the test; ' +
      'not run on a device',
  },
  guide: `\
\`config system external-resource\`, \`set type address\`, used as source or destination of a policy, IPv4 and IPv6 in one
feed. A DNS filter profile ignores the IPv6 lines. The address of a feed has at most 511 characters.

**The head** are lines of \`#\`. FortiMail documents them as comments; for FortiGate nothing is documented, and it is
unverified: such a line has no address, so the worst is that \`diagnose sys external-resource stats\` counts it among its
error lines. If that is not wanted, drop them on the way: \`grep -v '^#'\`.

**Limits**: before FortiOS 7.4.4, 10 MB or 131,072 lines per resource; the list is refused above either, with room for
the head. From 7.4.4 the limits are the device's, all feeds together (300,000 addresses or more, by model), and the
feeds added last are truncated (log 22224). FortiADC reads 1 MB, about 5,000 lines: give the list a budget of entries.

**Replaces**: each refresh reads the whole file, withdrawn networks are gone; the last list stays in force while the
server is away. By the documentation, not run.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {
    entries: 130_000,
    bytes: 10_000_000,
    source: 'FortiOS before 7.4.4: 10 MB or 131,072 lines per resource, some of them the head',
  },
  options: [],
  onEmpty: 'refuse',

  render: (input) => [head(input, '# '), lines(textsOf(input.prefixes), '', '\n')],
}
