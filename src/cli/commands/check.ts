/** `check`: what a list that is deployed on a device lacks, and what it has too much. */
import { open } from 'node:fs/promises'
import { InvalidArgumentError, Option } from 'commander'
import { ERROR_CODES, invalidInput, messageOf } from '../../core/errors.ts'
import {
  CHECKED_PARTS,
  DEVICE_NAME,
  DEVICE_RULE,
  type CheckedParts,
} from '../../lists/check-deployed.ts'
import { MAX_DEPLOYED_BYTES } from '../../lists/deployed-list.ts'
import type { DriftPartView, DriftView } from '../../views/drift.ts'
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { grouped, table, type Column } from '../table.ts'

interface CheckOptions {
  readonly device?: string
  readonly parts?: CheckedParts
}

export const check: CliCommand = {
  name: 'check',

  describe(command) {
    command
      .description('compare a list that is deployed on a device with the allowlist')
      .usage('<allowlist> <file> [options]')
      .argument('<allowlist>', 'a stored list, such as app-proxy-ip')
      .argument('<file>', 'the list as the device has it; - reads it from stdin')
      .option('--device <name>', 'report it as the list of this device', parseDevice)
      .addOption(
        new Option('--parts <parts>', 'what the file is to have').choices([...CHECKED_PARTS]),
      )
      .addHelpText('after', HELP)
  },

  async run(context, command) {
    const [allowlist = '', path = ''] = command.args
    const { device, parts } = command.opts<CheckOptions>()
    const file = await readBounded(path)
    const wish = { allowlist, file, device, parts }
    const drift = await withGateway(context, {}, (gateway) => gateway.check(wish))
    if (context.json) context.io.printJson(drift)
    else context.io.print(driftText(drift))
    return drift.inStep ? 0 : ERROR_CODES['upstream-refused'].exit
  },
}

function parseDevice(name: string): string {
  if (DEVICE_NAME.test(name)) return name
  throw new InvalidArgumentError(`It is ${DEVICE_RULE}.`)
}

/** A path may be that of a device without an end. */
async function readBounded(path: string): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    const input = path === '-' ? process.stdin : (await open(path)).createReadStream()
    for await (const chunk of input as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_DEPLOYED_BYTES) break
    }
  } catch (error) {
    throw invalidInput(`${path} cannot be read: ${messageOf(error)}`)
  }
  if (length <= MAX_DEPLOYED_BYTES) return Buffer.concat(chunks)
  throw invalidInput(`${path} has more than ${MAX_DEPLOYED_BYTES} bytes, the most that is read`)
}

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'IPV4 ADDRESSES', align: 'right' },
  { title: 'IPV6 ADDRESSES', align: 'right' },
  { title: 'NETWORKS', align: 'right' },
  { title: 'NAMES', align: 'right' },
]

const KINDS = ['missing', 'extra', 'stale', 'leaving'] as const

/** Of each kind; `--json` has them all. */
const MOST_SHOWN = 20

function driftText(drift: DriftView): string {
  const { allowlist, cloud, serial, snapshot, device, compared, inStep } = drift
  const whose = device === null ? '' : `${device}: `
  const head = `${whose}${allowlist}, ${cloud}, serial ${serial} (${snapshot}); ${compared.join(' and ')} compared\n`
  const kinds = KINDS.filter((kind) => hasAny(drift[kind]))
  const counts = table(
    COLUMNS,
    kinds.map((kind) => [kind, ...countsOf(drift[kind])]),
  )
  const blocks = kinds.map((kind) => `\n${kind}\n${linesOf(drift[kind])}`)
  return `${head}${inStep ? 'in step\n' : ''}${counts}${blocks.join('')}`
}

function hasAny({ networks, names }: DriftPartView): boolean {
  return networks.length + names.length > 0
}

function countsOf({ addresses, networks, names }: DriftPartView): string[] {
  return [addresses.ipv4, addresses.ipv6, networks.length, names.length].map(grouped)
}

function linesOf({ networks, names }: DriftPartView): string {
  return [...shownOf(names, 'name'), ...shownOf(networks, 'network')]
    .map((line) => `  ${line}\n`)
    .join('')
}

function shownOf(entries: readonly string[], what: string): readonly string[] {
  const more = entries.length - MOST_SHOWN
  if (more <= 0) return entries
  return [
    ...entries.slice(0, MOST_SHOWN),
    `and ${grouped(more)} more ${what}${more === 1 ? '' : 's'}`,
  ]
}

const HELP = `
missing: the list has it, the device has not. stale: the device has it, an earlier version of the
list had. extra: the device has it, and no version of the list had. leaving: the list has it for
some days more, the device has not any more; that is no drift.

The file may be plain text with an entry on each line, JSON, CSV, or a file of most formats. A file
without any name says nothing of names, and one without any network nothing of addresses, unless
--parts says otherwise.

Exit code: 0 if the device is in step, 4 if it is not.`
