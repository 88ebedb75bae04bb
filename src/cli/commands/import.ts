/** `import`: weekly files by hand, in date order, then the newest of each cloud is published. */
import type { Cloud } from '../../core/cloud.ts'
import { ERROR_CODES } from '../../core/errors.ts'
import { policies } from '../../core/guard.ts'
import { refuse, type Result } from '../../core/result.ts'
import type { Refusal } from '../../core/service-tags.ts'
import {
  listWeeklyFiles,
  boundedMessageOf,
  readBounded,
  type WeeklyFile,
} from '../../sources/weekly-files.ts'
import { importFiles, publishNewest, type Imported } from '../../sync/import-files.ts'
import type { CliCommand } from '../command.ts'
import { withService, type Context, type Service } from '../context.ts'
import type { Io } from '../io.ts'
import { createProgress } from '../progress.ts'
import { describeRefusals } from '../run-sentence.ts'
import { counted } from '../table.ts'

export const importCommand: CliCommand = {
  name: 'import',
  localOnly:
    'uploading (POST /v1/documents) comes later; until then stop the service, import, start it again',

  describe(command) {
    command
      .description('take weekly files into history, in date order, and publish the newest')
      .argument('<paths...>', 'files ServiceTags_<Cloud>_YYYYMMDD.json or .json.gz, or folders')
  },

  async run(context, { args: paths }) {
    const { io, json, stop } = context
    const files = await listWeeklyFiles(paths)
    const report = await withService(context, { use: 'command' }, (service) =>
      take(service, files, context),
    )
    if (json) io.printJson(report)
    else printReport(io, report)
    if (stop.aborted) return INTERRUPTED
    return report.refused.length > 0 ? ERROR_CODES['upstream-refused'].exit : 0
  },
}

/** As a shell reports a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** What came of it: the JSON answer. */
interface ImportReport {
  readonly files: number
  /** New to history. */
  accepted: number
  /** In history before. */
  known: number
  readonly refused: { readonly file: string; readonly refusals: readonly Refusal[] }[]
  readonly current: CurrentOfCloud[]
}

interface CurrentOfCloud {
  readonly cloud: Cloud
  readonly snapshot: string
  readonly fileDate: string
  readonly serial: number
  /** True if this import changed what is published. */
  readonly published: boolean
}

async function take(
  { store }: Service,
  files: readonly WeeklyFile[],
  { io, stop }: Context,
): Promise<ImportReport> {
  const report: ImportReport = {
    files: files.length,
    accepted: 0,
    known: 0,
    refused: [],
    current: [],
  }
  const progress = createProgress(io, files.length)
  progress.show(0, files[0]?.fileName ?? '')
  const deps = { store, policy: policies.cautious, now: () => new Date(), read }
  let done = 0
  for await (const imported of importFiles(deps, files)) {
    progress.clear()
    tell(io, report, imported)
    progress.show(++done, imported.file.fileName)
    if (stop.aborted) break
  }
  progress.clear()
  if (done < files.length) io.say(`stopped: ${files.length - done} files were not looked at`)
  for (const cloud of new Set(files.map((file) => file.cloud))) {
    const published = await publishNewest(store, cloud, 'cli')
    const current = await store.publications.current(cloud)
    const record = current && (await store.history.byId(current.snapshotId))
    if (!current || !record) continue
    const { serial, snapshotId: snapshot } = current
    const { fileDate } = record
    report.current.push({ cloud, snapshot, fileDate, serial, published: published !== undefined })
  }
  return report
}

async function read({ path }: WeeklyFile): Promise<Result<Uint8Array>> {
  try {
    return await readBounded(path)
  } catch (error) {
    return refuse(`cannot be read: ${boundedMessageOf(error)}`)
  }
}

/** Refusals are told at once: a long import need not be over to be acted on. */
function tell(io: Io, report: ImportReport, imported: Imported): void {
  const { path } = imported.file
  if (imported.kind === 'refused') {
    const { refusals } = imported
    report.refused.push({ file: path, refusals })
    io.say(`refused ${path}: ${describeRefusals(refusals)}`)
    return
  }
  if (imported.isNew) report.accepted++
  else report.known++
}

function printReport(io: Io, { files, accepted, known, refused, current }: ImportReport): void {
  const all = counted(files, 'file')
  io.print(`${all}: ${accepted} new, ${known} known before, ${refused.length} refused\n`)
  for (const { cloud, snapshot, fileDate, serial, published } of current) {
    const since = published ? 'published now' : 'as before'
    io.print(`${cloud}: current is ${snapshot} of ${fileDate}, serial ${serial}, ${since}\n`)
  }
}
