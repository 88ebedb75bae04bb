/** `backtest`: which weeks of an archive the guard would have held or refused, and why. */
import { CLOUDS, type Cloud } from '../../core/cloud.ts'
import { addressTexts } from '../../core/diff-summary.ts'
import { ERROR_CODES, invalidInput } from '../../core/errors.ts'
import { parseGuardPolicies, type GuardPolicy } from '../../core/guard-policy.ts'
import { refuse, type Result } from '../../core/result.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { builtInDefinitions } from '../../lists/definition.ts'
import { tagsNamedBy } from '../../lists/named-tags.ts'
import {
  boundedMessageOf,
  listWeeklyFiles,
  readBounded,
  type WeeklyFile,
} from '../../sources/weekly-files.ts'
import { backtest, type BacktestWeek } from '../../sync/backtest.ts'
import { guardReasonView } from '../../views/guard-reason.ts'
import { describeRefusals } from '../../views/refusal.ts'
import { collect, type CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../progress.ts'
import { counted, grouped, table, type Column } from '../table.ts'

interface BacktestOptions {
  readonly guard?: string
  readonly tag?: readonly string[]
}

export const backtestCommand: CliCommand = {
  name: 'backtest',
  localOnly: 'it reads files and needs neither a service nor a database',

  describe(command) {
    command
      .description('tell which weeks of an archive the guard would have held or refused, and why')
      .argument('<paths...>', 'files ServiceTags_<Cloud>_YYYYMMDD.json or .json.gz, or folders')
      .option('--guard <policies>', 'instead of RANGEWARDEN_GUARD: `cautious, China=permissive`')
      .option('--tag <tag>', 'judge this service tag too, as if an allowlist named it', collect)
  },

  async run(context, command) {
    const { io, json, stop } = context
    const { guard, tag = [] } = command.opts<BacktestOptions>()
    const policies = policiesOf(context, guard)
    const files = await filesAt(command.args, context)
    const weeks = await replay(files, policies, tag, context)
    const clouds = summariesOf(weeks)
    if (json) io.printJson({ files: weeks.length, clouds, weeks: weeks.map(weekView) })
    else io.print(weekTable(weeks) + clouds.map(sentenceOf).join(''))
    if (stop.aborted) return INTERRUPTED
    const isRefused = weeks.some(({ verdict }) => verdict === 'refused')
    return isRefused ? ERROR_CODES['upstream-refused'].exit : 0
  },
}

/** As a shell reports a command that Ctrl-C ended. */
const INTERRUPTED = 130

function policiesOf(
  { readConfig, dataDir }: Context,
  guard: string | undefined,
): ReadonlyMap<Cloud, GuardPolicy> {
  const parsed = parseGuardPolicies(guard ?? readConfig({ dataDir }).guard)
  if (parsed.ok) return parsed.value
  throw invalidInput(`--guard: ${parsed.reason}`)
}

/** The retired XML was never offered to the schedule: a person brings it in, and nothing is held. */
async function filesAt(paths: readonly string[], { io }: Context): Promise<WeeklyFile[]> {
  const files = await listWeeklyFiles(paths)
  const weekly = files.filter(({ format }) => format === 'json')
  const retired = files.length - weekly.length
  if (retired > 0) io.say(`passed over: ${counted(retired, 'file')} of the retired XML`)
  if (weekly.length > 0) return weekly
  throw invalidInput(`${paths.join(', ')}: no file of the format that the guard judges`)
}

async function replay(
  files: readonly WeeklyFile[],
  policies: ReadonlyMap<Cloud, GuardPolicy>,
  tags: readonly string[],
  { io, stop }: Context,
): Promise<SummedWeek[]> {
  const progress = createProgress(io, files.length)
  progress.show(0, files[0]?.fileName ?? '')
  const weeks: SummedWeek[] = []
  const deps = {
    policyOf: (cloud: Cloud) => policyOf(policies, cloud),
    namedTags: (snapshot: Snapshot) => Promise.resolve([...builtInTags(snapshot), ...tags]),
    now: () => new Date(),
    read,
  }
  for await (const week of backtest(deps, files)) {
    weeks.push(summed(week))
    progress.show(weeks.length, week.file.fileName)
    if (stop.aborted) break
  }
  progress.clear()
  if (weeks.length < files.length) {
    io.say(`stopped: ${counted(files.length - weeks.length, 'file')} not looked at`)
  }
  return weeks
}

function policyOf(policies: ReadonlyMap<Cloud, GuardPolicy>, cloud: Cloud): GuardPolicy {
  const policy = policies.get(cloud)
  if (!policy) throw new Error(`no policy for ${cloud}`)
  return policy
}

/** What the lists name that every installation has. */
function builtInTags(snapshot: Snapshot): string[] {
  return tagsNamedBy(builtInDefinitions([snapshot.cloud]), snapshot)
}

async function read({ path }: WeeklyFile): Promise<Result<Uint8Array>> {
  try {
    return await readBounded(path)
  } catch (error) {
    return refuse(`cannot be read: ${boundedMessageOf(error)}`)
  }
}

/** A week without its prefixes: hundreds of them are kept until the end. */
type SummedWeek = Omit<BacktestWeek, 'diff'> & { readonly change: WeekChange | null }

/** From the week before; of an address that moves between tags neither gain nor loss. */
interface WeekChange {
  readonly prefixesAdded: number
  readonly prefixesRemoved: number
  readonly gained: { readonly ipv4: string; readonly ipv6: string }
  readonly lost: { readonly ipv4: string; readonly ipv6: string }
}

function summed({ diff, ...week }: BacktestWeek): SummedWeek {
  const change = diff && {
    prefixesAdded: diff.membershipsAdded,
    prefixesRemoved: diff.membershipsRemoved,
    gained: addressTexts(diff.coverage.gained),
    lost: addressTexts(diff.coverage.lost),
  }
  return { ...week, change: change ?? null }
}

function weekView({ file, verdict, reasons, refusals, change }: SummedWeek) {
  const { fileName, cloud, fileDate } = file
  return {
    file: fileName,
    cloud,
    fileDate,
    verdict,
    reasons: reasons.map(guardReasonView),
    refusals,
    change,
  }
}

interface CloudSummary {
  readonly cloud: Cloud
  readonly files: number
  /** Safe, or saying nothing new. */
  readonly passed: number
  readonly unchanged: number
  readonly held: number
  readonly refused: number
  /** Percent of the files that a person would have had to look at, with one decimal. */
  readonly rate: number
}

function summariesOf(weeks: readonly SummedWeek[]): CloudSummary[] {
  return CLOUDS.map((cloud) => summaryOf(cloud, weeks)).filter(({ files }) => files > 0)
}

function summaryOf(cloud: Cloud, weeks: readonly SummedWeek[]): CloudSummary {
  const verdicts = weeks.filter(({ file }) => file.cloud === cloud).map(({ verdict }) => verdict)
  const count = (wanted: BacktestWeek['verdict']): number =>
    verdicts.filter((verdict) => verdict === wanted).length
  const [files, held, refused] = [verdicts.length, count('held'), count('refused')]
  const rate = files === 0 ? 0 : Math.round(((held + refused) * 1000) / files) / 10
  const passed = files - held - refused
  return { cloud, files, passed, unchanged: count('unchanged'), held, refused, rate }
}

function sentenceOf(summary: CloudSummary): string {
  const { cloud, files, passed, unchanged, held, refused, rate } = summary
  return (
    `${cloud}: ${counted(files, 'file')}, ${grouped(passed)} passed ` +
    `(${grouped(unchanged)} with nothing new), ${grouped(held)} held, ${grouped(refused)} refused: ` +
    `${rate} % for a person\n`
  )
}

const COLUMNS: readonly Column[] = [
  { title: 'FILE DATE' },
  { title: 'CLOUD' },
  { title: 'VERDICT' },
  { title: 'WHY' },
]

/** A line per reason; nothing for the weeks that pass. */
function weekTable(weeks: readonly SummedWeek[]): string {
  const rows = weeks.flatMap(({ file, verdict, reasons, refusals }) => {
    const why = refusals.length > 0 ? [describeRefusals(refusals)] : reasons.map(({ text }) => text)
    return why.map((text, i) =>
      i === 0 ? [file.fileDate, file.cloud, verdict, text] : ['', '', '', text],
    )
  })
  return rows.length === 0 ? '' : `${table(COLUMNS, rows)}\n`
}
