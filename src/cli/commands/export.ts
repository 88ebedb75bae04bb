/** `export`: a list in a format, to stdout or into a file that is replaced whole. */
import { InvalidArgumentError } from 'commander'
import { exporters } from '../../../exporters/index.ts'
import { invalidInput } from '../../core/errors.ts'
import { DEFAULT_EXTRA_PERCENT } from '../../lists/budget.ts'
import { collect, type CliCommand } from '../command.ts'
import { withGateway, type ListWish } from '../gateway.ts'
import { replaceFile } from '../replace-file.ts'
import { counted, table } from '../table.ts'

interface ExportOptions {
  readonly allowlist?: string
  readonly cloud?: string
  readonly tag?: readonly string[]
  readonly region?: readonly string[]
  readonly family?: readonly string[]
  readonly endpoints?: readonly string[]
  readonly maxEntries?: number
  readonly maxExtraPercent?: number
  readonly never?: readonly string[]
  readonly shard?: string
  readonly at?: string
  readonly out?: string
}

export const exportCommand: CliCommand = {
  name: 'export',

  describe(command) {
    command
      .description('write an allowlist in the format of a firewall or proxy')
      // Format first: an option with several values would take it for one of them.
      .usage('<format> [options]')
      .argument('<format>', exporters.map(({ name }) => name).join(', '))
      .option('--allowlist <name>', 'a stored list; the other options select without one')
      .option('--tag <names...>', 'service tags, separated by spaces or commas', collect)
      .option('--region <names...>', 'regions to limit them to', collect)
      .option('--family <families...>', 'ipv4, ipv6', collect)
      .option('--endpoints <services...>', 'endpoint services whose names are admitted', collect)
      .option('--max-entries <number>', 'widen the list to fit so many networks', parseNumber)
      .option(
        '--max-extra-percent <number>',
        `and by so many percent at most (${DEFAULT_EXTRA_PERCENT} by default)`,
        parseNumber,
      )
      .option('--never <ranges...>', 'prefixes or a-b that this must not admit', collect)
      .option('--shard <part>', '2of8: the second of eight parts of the networks')
      .option('--cloud <cloud>', 'by default the only followed cloud')
      .option('--at <when>', 'a file date, `latest`, `previous` or a snapshot id')
      .option('--out <file>', 'replace this file; it stays as it is if anything fails')
      .addHelpText('after', formatsText)
  },

  async run(context, command) {
    const { out, ...options } = command.opts<ExportOptions>()
    const wish = listWish(command.args[0] ?? '', options)
    const bytes = await withGateway(context, {}, (gateway) => gateway.list(wish))
    if (out === undefined) context.io.print(bytes)
    else {
      const replaced = await replaceFile(out, bytes)
      const size = counted(bytes.length, 'byte')
      context.io.say(replaced ? `wrote ${out}: ${size}` : `${out} is up to date: ${size}`)
    }
    return 0
  },
}

function listWish(format: string, options: Omit<ExportOptions, 'out'>): ListWish {
  const { allowlist, cloud, tag = [], region = [], family = [], endpoints = [], at } = options
  const { maxEntries, maxExtraPercent, never = [], shard } = options
  const selects = [tag, region, family, endpoints, never].some((given) => given.length > 0)
  const single = [cloud, maxEntries, maxExtraPercent, shard].some((given) => given !== undefined)
  if (allowlist !== undefined && (selects || single)) {
    throw invalidInput(
      `--allowlist ${allowlist} has its own selection: leave out --tag, --region, --family, ` +
        '--endpoints, --max-entries, --max-extra-percent, --never, --shard and --cloud',
    )
  }
  const shape = { maxEntries, maxExtraPercent, never, shard }
  const selection = { cloud, tags: tag, regions: region, families: family, endpoints }
  return { format, allowlist, ...selection, ...shape, at }
}

function parseNumber(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number.')
}

function formatsText(): string {
  const rows = exporters.map(({ name, summary }) => [`  ${name}`, summary])
  return `\n${table([{ title: 'Formats:' }, { title: '' }], rows).trimEnd()}`
}
