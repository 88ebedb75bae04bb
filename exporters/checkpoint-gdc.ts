/**
 * The JSON of a Check Point Generic Data Center (sk167210): the management scans it, and gateways
 * follow without a policy install.
 *
 * One object for each family that the list has: the article's sample keeps the families apart, and
 * an object without ranges is no valid one. A policy refers to an object by its id, so ids are made
 * of cloud, list and family alone and never move with the content.
 */
import { v5 } from 'uuid'
import { FAMILIES, type Family } from '../src/core/address.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { sentences } from './head.ts'
import { plain } from './parts/comment.ts'
import { ofFamily, textsOf } from './parts/networks.ts'

/** Of all ids that this format gives out. Another one would break every policy that uses them. */
const NAMESPACE = '5d1fbd47-6a0b-4f4e-9f0c-0c9a3e1b7a52'

export const checkpointGdc: Exporter = {
  name: 'checkpoint-gdc',
  summary: 'the JSON of a Check Point Generic Data Center, an object per family with a stable id',
  group: 'vendor',
  consumer: 'Check Point R81 and later: Generic Data Center object (sk167210)',
  proof: {
    by: 'schema',
    with:
      'a JSON Schema of ours, written from the members and the sample of sk167210, validated with ajv 8; not run on a ' +
      'management server',
  },
  guide: `\
In SmartConsole: New, Data Center, Generic Data Center, with the list's address; it is scanned every 60 seconds unless
told otherwise (10 at least), and a custom header can carry a token. Import the objects into rules as source or
destination. They cannot be members of groups. Changes reach the gateways without a policy install.

**Objects**: \`LIST_ipv4\` and \`LIST_ipv6\` (dots of a list's name stay), each with its own UUID, made of the cloud, the
list's name and the family: a rule keeps its object whatever the content does. A family that the list does not have is
left out, since an object without ranges is not valid; what a policy does with an object that has left the file is not
documented and unverified, and the object comes back under the same id. The description says what other formats say at
their head; how long it may be is not documented.

**Network Feed objects** (R81.20, fetched by the gateway itself) take \`text\` instead, as a flat list of type IP.

**Replaces**: each scan reads the whole file, withdrawn networks are gone. By the documentation, not run.`,
  mediaType: 'application/json',
  fileExtension: 'json',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render(input) {
    const file = {
      version: '1.0',
      description: plain(sentences(input).join(' ')),
      objects: FAMILIES.flatMap((family) => objectsOf(input, family)),
    }
    return [JSON.stringify(file, undefined, 2), '\n']
  },
}

/** One, or none where the list has no network of the family. */
function objectsOf({ cloud, name, prefixes }: ExportInput, family: Family): unknown[] {
  const ranges = textsOf(ofFamily(prefixes, family))
  if (ranges.length === 0) return []
  return [
    {
      name: `${name}_ipv${family}`,
      id: v5(`${cloud}/${name}/ipv${family}`, NAMESPACE),
      description: `IPv${family} networks of the Rangewarden allowlist ${name}, cloud ${cloud}`,
      ranges,
    },
  ]
}
