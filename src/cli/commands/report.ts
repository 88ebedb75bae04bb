/** `report`: what a week changed, what was decided, and what is due. */
import { Option } from 'commander'
import { invalidInput } from '../../core/errors.ts'
import { REPORT_FORMATS, type ReportFormat } from '../../report/write.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { withGateway } from '../gateway.ts'
import { replaceFile } from '../replace-file.ts'
import { counted } from '../table.ts'

interface ReportOptions {
  readonly week?: string
  readonly format?: ReportFormat
  readonly cloud?: string
  readonly out?: string
}

export const report: CliCommand = {
  name: 'report',

  describe(command) {
    command
      .description('write what a week changed, what was decided, and what is due')
      .option('--week <week>', '2025-W44; by default the last week that is over')
      .addOption(
        new Option('--format <format>', 'by default markdown').choices([...REPORT_FORMATS]),
      )
      .option('--cloud <cloud>', 'only this followed cloud')
      .option('--out <file>', 'replace this file; it stays as it is if anything fails')
  },

  async run(context, command) {
    const { week, cloud, out, format } = command.opts<ReportOptions>()
    const wish = { week, cloud, format: formatOf(context, format) }
    const text = await withGateway(context, {}, (gateway) => gateway.report(wish))
    const shown = wish.format === 'json' ? indented(text) : text
    if (out === undefined) context.io.print(shown)
    else {
      const bytes = Buffer.from(shown)
      const size = counted(bytes.length, 'byte')
      const replaced = await replaceFile(out, bytes)
      context.io.say(replaced ? `wrote ${out}: ${size}` : `${out} is up to date: ${size}`)
    }
    return 0
  },
}

function formatOf({ json }: Context, format: ReportFormat | undefined): ReportFormat {
  if (!json) return format ?? 'markdown'
  if (format === undefined || format === 'json') return 'json'
  throw invalidInput(`--json and --format ${format}: one of them`)
}

function indented(json: string): string {
  return `${JSON.stringify(JSON.parse(json), null, 2)}\n`
}
