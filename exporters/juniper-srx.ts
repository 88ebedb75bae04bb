/**
 * A bundle of feeds for the dynamic addresses of Juniper SRX: a .tgz with a folder named after the
 * list and a text file for each feed, one network per line.
 *
 * The same list gives the same bytes: no clock, no owner, no order but ours. The SRX asks by HEAD
 * whether the file has changed.
 */
import { gzipSync } from 'fflate'
import { createTar, type TarFileItem } from 'nanotar'
import type { Exporter, ExportInput } from './contract.ts'
import { sentences } from './head.ts'
import { comment } from './parts/comment.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'

/** Two zero blocks end an archive. nanotar writes none if its last block is full. */
const END = 1_024

export const juniperSrx: Exporter = {
  name: 'juniper-srx',
  summary: 'a .tgz bundle of feeds for Juniper SRX dynamic addresses: all, ipv4 and ipv6',
  group: 'vendor',
  consumer: 'Juniper SRX: security dynamic-address, feed-server with the url of a bundle',
  proof: {
    by: 'grammar',
    with:
      'GNU tar unpacks the bundle; feeds by the documented shape (Juniper community, "SRX Dynamic IP Objects", ' +
      '2025-11-30), read strictly in the test; not run on an SRX',
  },
  guide: `\
The bundle has a folder named after the list with the feeds \`all\`, \`ipv4\` and \`ipv6\`, and a \`README\` that says what
other formats say at their head: comments in a feed are not documented. In the configuration:

\`\`\`
set security dynamic-address feed-server rangewarden url https://rangewarden.example/…/juniper-srx.tgz
set security dynamic-address feed-server rangewarden update-interval 300
set security dynamic-address feed-server rangewarden hold-interval 86400
set security dynamic-address feed-server rangewarden feed-name azure path LIST/all
set security dynamic-address address-name azure profile feed-name azure
\`\`\`

Policies name the address \`azure\`. A feed of a family that the list does not have is there and empty, so that its
\`path\` stays valid. That a README beside the feeds is left alone, and that an empty feed is an address without networks,
is unverified. \`hold-interval\` is how long entries stay in force while the server is away.

**Without a bundle**: \`text\` as the \`path\` of a feed, if your release skips lines of \`#\`, which is not documented.

**Limits** depend on the platform ("hundreds of thousands"). How much a release takes is unverified.

**Replaces**: the SRX fetches the bundle when its HEAD has changed and reads the feeds whole, without a commit;
withdrawn networks are gone. By the documentation, not run.`,
  mediaType: 'application/gzip',
  fileExtension: 'tgz',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) =>
    gzipSync(ended(createTar(filesOf(input), { attrs: ATTRIBUTES })), { mtime: 0 }),
}

const ATTRIBUTES = { mode: '644', uid: 0, gid: 0, mtime: 0 }

function filesOf(input: ExportInput): TarFileItem<string>[] {
  const { name, prefixes } = input
  const feed = (file: string, networks = prefixes): TarFileItem<string> => {
    return { name: `${name}/${file}`, data: lines(textsOf(networks), '', '\n') }
  }
  const words = sentences(input).map((sentence) => comment('', sentence))
  return [
    { name: `${name}/`, attrs: { ...ATTRIBUTES, mode: '755' } },
    { name: `${name}/README`, data: words.join('') },
    feed('all'),
    feed('ipv4', ofFamily(prefixes, 4)),
    feed('ipv6', ofFamily(prefixes, 6)),
  ]
}

function ended(archive: Uint8Array): Uint8Array {
  const whole = new Uint8Array(archive.length + END)
  whole.set(archive)
  return whole
}
