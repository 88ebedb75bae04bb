/** `holds`: candidates that wait for a person; `holds approve` and `holds reject` decide. */
import { Option, type Command } from 'commander'
import { invalidInput } from '../../core/errors.ts'
import { HOLD_STATES, type Hold } from '../../store/contract.ts'
import type { HoldDecisionView, HoldView } from '../../views/hold.ts'
import type { CliCommand } from '../command.ts'
import { withGateway, type HoldDecisionWish } from '../gateway.ts'
import { parseLimit } from '../limit.ts'
import { firstReason } from '../reasons.ts'
import { table, toSeconds, type Column } from '../table.ts'

interface HoldsOptions {
  readonly cloud?: string
  readonly state?: Hold['state']
  readonly limit: number
}

export const holds: CliCommand = {
  name: 'holds',

  describe(command) {
    command
      .description('list the files that the guard holds, newest first; approve or reject one')
      .option('--cloud <cloud>', 'by default of all clouds')
      .addOption(new Option('--state <state>', 'by default in any').choices(HOLD_STATES))
      .option('--limit <count>', 'at most so many, up to 200', parseLimit, 50)
  },

  async run(context, command) {
    const { cloud, state, limit } = command.opts<HoldsOptions>()
    const { io, json } = context
    const wish = { cloud, state, limit }
    const found = await withGateway(context, {}, (gateway) => gateway.holds(wish))
    if (json) io.printJson(found)
    else if (found.holds.length === 0) io.say(`no file is ${state ?? 'held'}`)
    else io.print(holdTable(found.holds))
    if (!json && found.holds.some((hold) => hold.state === 'waiting')) {
      io.say('decide with: rangewarden holds approve|reject ID --by NAME --reason TEXT')
    }
    return 0
  },
}

export const holdsApprove: CliCommand = {
  name: 'holds approve',

  describe(command) {
    describeDecision(command).description('publish exactly the content that is held')
  },

  async run(context, command) {
    const decided = await decide(context, command, 'approve')
    if (context.json) context.io.printJson(decided)
    else context.io.print(`${decisionText(decided)}\n`)
    return 0
  },
}

export const holdsReject: CliCommand = {
  name: 'holds reject',

  describe(command) {
    describeDecision(command).description(
      'do not publish it, nor hold the same content again; what it added is taken back',
    )
  },

  async run(context, command) {
    const decided = await decide(context, command, 'reject')
    if (context.json) context.io.printJson(decided)
    else context.io.print(`${decisionText(decided)}\n`)
    return 0
  },
}

const COLUMNS: readonly Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'CLOUD' },
  { title: 'FILE DATE' },
  { title: 'STATE' },
  { title: 'HELD SINCE' },
  { title: 'WHY' },
]

export function holdTable(found: readonly HoldView[]): string {
  const rows = found.map(({ id, cloud, fileDate, state, heldSince, reasons }) => [
    String(id),
    cloud,
    fileDate,
    state,
    toSeconds(heldSince),
    firstReason(reasons),
  ])
  return table(COLUMNS, rows)
}

interface DecisionOptions {
  readonly by: string
  readonly reason: string
  readonly contentHash?: string
  readonly token?: string
}

/** Who decides is asked for: in a container, every person is the same user. */
function describeDecision(command: Command): Command {
  return command
    .argument('<id>', 'as `rangewarden holds` lists it')
    .requiredOption('--by <name>', 'who decides')
    .requiredOption('--reason <text>', 'why, for whoever audits')
    .option('--content-hash <hash>', 'what was looked at: another content is not decided about')
    .option('--token <token>', 'admin token for --url; better set RANGEWARDEN_ADMIN_TOKEN')
}

function decide(
  context: Parameters<CliCommand['run']>[0],
  command: Command,
  decision: HoldDecisionWish['decision'],
): Promise<HoldDecisionView> {
  const { by, reason, contentHash, token } = command.opts<DecisionOptions>()
  const wish = { id: parseId(command.args[0] ?? ''), decision, by, reason, contentHash }
  return withGateway(context, { token }, (gateway) => gateway.decide(wish))
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw invalidInput(
    `"${text}" is no hold: they are numbered, and \`rangewarden holds\` lists them`,
  )
}

export function decisionText({ hold, publication }: HoldDecisionView): string {
  const { id, cloud, state, decision } = hold
  const said = `hold ${id} of ${cloud} is ${state} by ${decision?.by ?? '?'}`
  if (!publication) return `${said}: what is published stays`
  const { snapshot, serial } = publication
  return state === 'approved'
    ? `${said}: ${snapshot} is published as serial ${serial}`
    : `${said}: what it added is taken back by serial ${serial}`
}
