/** `import`: weekly files by hand, in date order, then the newest of each cloud is published. */
import { ERROR_CODES } from '../../core/errors.ts'
import { listWeeklyFiles, type WeeklyFile } from '../../sources/weekly-files.ts'
import type { GuardReasonView } from '../../views/guard-reason.ts'
import { describeRefusals, type RefusalView } from '../../views/refusal.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { withGateway, type CurrentOfCloud, type Gateway, type ImportedFile } from '../gateway.ts'
import type { Io } from '../io.ts'
import { createProgress } from '../progress.ts'
import { firstReason } from '../reasons.ts'
import { counted } from '../table.ts'

interface ImportOptions {
  readonly token?: string
}

export const importCommand: CliCommand = {
  name: 'import',

  describe(command) {
    command
      .description('take weekly files into history, in date order, and publish the newest')
      .argument(
        '<paths...>',
        'files ServiceTags_<Cloud>_YYYYMMDD.json, PublicIPs_YYYYMMDD.xml, either with .gz; or folders',
      )
      .option('--token <token>', 'admin token for --url; better set RANGEWARDEN_ADMIN_TOKEN')
  },

  async run(context, command) {
    const { io, json, stop } = context
    const { token } = command.opts<ImportOptions>()
    const files = await listWeeklyFiles(command.args)
    // What has begun is completed: the files taken so far are published before the command ends.
    const patient = { ...context, stop: new AbortController().signal }
    const report = await withGateway(patient, { token }, (gateway) => take(gateway, files, context))
    if (json) io.printJson(report)
    else io.print(reportText(report))
    if (stop.aborted) return INTERRUPTED
    return report.refused.length > 0 ? ERROR_CODES['upstream-refused'].exit : 0
  },
}

/** As a shell reports a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** What came of it: the JSON answer. */
export interface ImportReport {
  readonly files: number
  /** New to history. */
  accepted: number
  /** In history before. */
  known: number
  readonly refused: { readonly file: string; readonly refusals: readonly RefusalView[] }[]
  /** Taken although the guard would have held them, had they come by themselves. */
  readonly doubtful: {
    readonly file: string
    readonly snapshot: string
    readonly reasons: readonly GuardReasonView[]
  }[]
  readonly current: CurrentOfCloud[]
}

async function take(
  gateway: Gateway,
  files: readonly WeeklyFile[],
  { io, stop }: Context,
): Promise<ImportReport> {
  const report: ImportReport = {
    files: files.length,
    accepted: 0,
    known: 0,
    refused: [],
    doubtful: [],
    current: [],
  }
  const progress = createProgress(io, files.length)
  progress.show(0, files[0]?.fileName ?? '')
  let done = 0
  for await (const imported of gateway.importFiles(files)) {
    progress.clear()
    tell(io, report, imported)
    progress.show(++done, imported.file.fileName)
    if (stop.aborted) break
  }
  progress.clear()
  if (done < files.length) {
    io.say(`stopped: ${counted(files.length - done, 'file was', 'files were')} not looked at`)
  }
  for (const cloud of new Set(files.map((file) => file.cloud))) {
    const current = await gateway.publishImported(cloud)
    if (current) report.current.push(current)
  }
  return report
}

/** Refusals are told at once: a long import need not be over to be acted on. */
function tell(io: Io, report: ImportReport, imported: ImportedFile): void {
  const { path } = imported.file
  if (imported.kind === 'refused') {
    const { refusals } = imported
    report.refused.push({ file: path, refusals })
    io.say(`refused ${path}: ${describeRefusals(refusals)}`)
    return
  }
  const { snapshot, reasons, isNew } = imported
  if (isNew) report.accepted++
  else report.known++
  if (reasons.length > 0) report.doubtful.push({ file: path, snapshot, reasons })
}

/** An archive of years has dozens; the JSON answer has them all. */
const SHOWN = 10

export function reportText(report: ImportReport): string {
  const { files, accepted, known, refused, doubtful, current } = report
  const all = counted(files, 'file')
  const lines = [`${all}: ${accepted} new, ${known} known before, ${refused.length} refused`]
  if (doubtful.length > 0) {
    lines.push(`the guard would have held ${doubtful.length} of them, had they come by themselves:`)
  }
  for (const { snapshot, reasons } of doubtful.slice(0, SHOWN)) {
    lines.push(`  ${snapshot}: ${firstReason(reasons)}`)
  }
  if (doubtful.length > SHOWN) lines.push(`  and ${doubtful.length - SHOWN} more: see --json`)
  for (const { cloud, snapshot, fileDate, serial, published } of current) {
    const since = published ? 'published now' : 'as before'
    lines.push(`${cloud}: current is ${snapshot} of ${fileDate}, serial ${serial}, ${since}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}
