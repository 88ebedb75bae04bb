/** `coverage`: whether an allowlist's addresses hold what its names resolve to. */
import { InvalidArgumentError } from 'commander'
import { ERROR_CODES, invalidInput, RangewardenError } from '../../core/errors.ts'
import { readCoveredList, type CoveredList } from '../../coverage/covered-list.ts'
import { createDnsClient, parseDnsServer } from '../../coverage/resolve.ts'
import { questionsOf, runCoverage, type NameCoverage } from '../../coverage/run.ts'
import { givenNames } from '../../preflight/plan.ts'
import { printable } from '../../preflight/verdicts.ts'
import { collect, type CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { withGateway } from '../gateway.ts'
import { createProgress } from '../progress.ts'
import { parseSeconds } from '../seconds.ts'
import { counted, table, type Column } from '../table.ts'

interface CoverageOptions {
  readonly name?: readonly string[]
  readonly dnsServer?: string
  readonly at?: string
  readonly timeout: number
}

const DEFAULT_SECONDS = 5

/** As a shell reports a command that Ctrl-C ended. */
const INTERRUPTED = 130

export const coverage: CliCommand = {
  name: 'coverage',

  describe(command) {
    command
      .description("resolve an allowlist's names and tell which answers its addresses hold")
      .usage('<allowlist> [options]')
      .argument('<allowlist>', 'a stored list with addresses, such as app-proxy-ip')
      .option('--name <names...>', 'hosts to test wildcards with: tenant.msappproxy.net', collect)
      .option(
        '--dns-server <address>',
        "192.0.2.53 or 192.0.2.53:5353; by default this host's",
        parseServer,
      )
      .option(
        '--timeout <seconds>',
        'for each question to the DNS server',
        parseSeconds,
        DEFAULT_SECONDS,
      )
      .option('--at <when>', 'a file date, `latest`, `previous` or a snapshot id')
      .addHelpText('after', HELP)
  },

  async run(context, command) {
    const options = command.opts<CoverageOptions>()
    const list = await coveredList(context, command.args[0] ?? '', options)
    const given = givenNames(
      options.name ?? [],
      list.names.map((name) => ({ name })),
    )
    const questions = questionsOf(list, given)
    const found = await perform(list, questions, options, context)
    const isWhole = found.length === questions.length
    if (isWhole) refuseSilence(found)
    const counts = countsOf(found)
    const ok = isWhole && counts.outside === 0 && counts.unresolved === 0
    if (context.json) context.io.printJson(coverageView(list, found, ok))
    else context.io.print(coverageText(found))
    if (!isWhole) {
      context.io.say(`stopped: ${counted(questions.length - found.length, 'name')} not resolved`)
      return INTERRUPTED
    }
    return ok ? 0 : ERROR_CODES['upstream-refused'].exit
  },
}

async function coveredList(
  context: Context,
  allowlist: string,
  { at }: CoverageOptions,
): Promise<CoveredList> {
  const wish = {
    ...{ format: 'json', allowlist, at, cloud: undefined, shard: undefined },
    ...{ tags: [], regions: [], families: [], endpoints: [], never: [] },
    ...{ maxEntries: undefined, maxExtraPercent: undefined },
  }
  return readCoveredList(await withGateway(context, {}, (gateway) => gateway.list(wish)))
}

async function perform(
  list: CoveredList,
  questions: ReturnType<typeof questionsOf>,
  { dnsServer, timeout }: CoverageOptions,
  { io, stop }: Context,
): Promise<NameCoverage[]> {
  const progress = createProgress(io, questions.length)
  progress.show(0, list.name)
  try {
    return await runCoverage(list, questions, {
      client: createDnsClient({ server: dnsServer, timeoutMs: timeout * 1000 }),
      stop,
      onName: (done, name) => progress.show(done, name),
    })
  } finally {
    progress.clear()
  }
}

/** No answer to anything is a fault of the DNS server, and says nothing of the list. */
function refuseSilence(found: readonly NameCoverage[]): void {
  const asked = found.filter(({ state }) => state !== 'not-testable')
  if (asked.length === 0) {
    throw invalidInput('there is nothing to resolve: the list has wildcards alone, give a --name')
  }
  if (asked.some(({ answers }) => answers.length > 0)) return
  const [first] = asked
  throw new RangewardenError(
    'upstream-unavailable',
    `none of ${counted(asked.length, 'name')} resolves: ${first?.name ?? ''}: ${first?.reason ?? ''}`,
  )
}

interface Counts {
  readonly inside: number
  readonly outside: number
  /** Outside, of names that the list itself says it cannot cover. */
  readonly expected: number
  readonly unresolved: number
  /** Unresolved, but with answers of one family. */
  readonly inPart: number
  readonly notTestable: number
}

function countsOf(found: readonly NameCoverage[]): Counts {
  const outside = found.flatMap(({ answers, isUncovered }) =>
    answers.filter(({ isInside }) => !isInside).map(() => isUncovered),
  )
  const answers = found.reduce((sum, one) => sum + one.answers.length, 0)
  const count = (wanted: NameCoverage['state']): number =>
    found.filter(({ state }) => state === wanted).length
  return {
    inside: answers - outside.length,
    outside: outside.length,
    expected: outside.filter((isUncovered) => isUncovered).length,
    unresolved: count('unresolved'),
    inPart: found.filter((one) => one.state === 'unresolved' && one.answers.length > 0).length,
    notTestable: count('not-testable'),
  }
}

function coverageView(list: CoveredList, found: readonly NameCoverage[], ok: boolean) {
  const { inside, outside, expected, unresolved, inPart, notTestable } = countsOf(found)
  return {
    allowlist: list.name,
    cloud: list.cloud,
    ok,
    counts: {
      ...{ inside, outside, expectedOutside: expected },
      ...{ unresolved, resolvedInPart: inPart, notTestable },
    },
    names: found.map(({ name, required, state, answers, chain, isUncovered, reason }) => ({
      name,
      required,
      state,
      uncovered: isUncovered,
      answers: answers.map(({ address, isInside }) => ({ address, inside: isInside })),
      chain,
      reason: reason ?? null,
    })),
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME' },
  { title: 'ANSWER' },
  { title: 'WHERE' },
  { title: 'BY WAY OF' },
]

function coverageText(found: readonly NameCoverage[]): string {
  if (found.length === 0) return ''
  return `${table(COLUMNS, found.flatMap(rowsOf))}\n${summaryText(countsOf(found))}`
}

/** The name and its chain once, before the first of its answers, or before why there are not all. */
function rowsOf({
  name,
  state,
  answers,
  chain,
  isUncovered,
  reason = '',
}: NameCoverage): string[][] {
  const missing = state === 'resolved' ? [] : [[name, '-', state, reason]]
  const outside = isUncovered ? 'outside, as expected' : 'outside'
  const way = chain.map(printable).join(' > ')
  const rows = answers.map(({ address, isInside }, i) => {
    const shown = i === 0 && missing.length === 0 ? name : ''
    return [shown, address, isInside ? 'inside' : outside, i === 0 ? way : '']
  })
  return [...missing, ...rows]
}

function summaryText(counts: Counts): string {
  const { inside, outside, expected, unresolved, inPart, notTestable } = counts
  const answers = `${counted(inside + outside, 'answer')}: ${inside} inside, ${outside} outside`
  const told =
    expected === 0 ? '' : ` (${expected} of names without published addresses, as expected)`
  const part = inPart === 0 ? '' : ` (${inPart} in part: one family had no answer)`
  const rest = [
    unresolved === 0 ? [] : `${counted(unresolved, 'name does', 'names do')} not resolve${part}\n`,
    notTestable === 0 ? [] : `${counted(notTestable, 'wildcard')} without a name: not tested\n`,
  ].flat()
  return `${answers}${told}\n${rest.join('')}`
}

function parseServer(text: string): string {
  const server = parseDnsServer(text)
  if (server.ok) return server.value
  throw new InvalidArgumentError(`${server.reason}.`)
}

const HELP = `
Names that no service tag is known to hold, such as the certificate hosts of app-proxy-ip, are
outside as expected; the list's own head says so. An answer is one of now and of this DNS server:
names of content networks resolve differently elsewhere.

A name is resolved if the server answered for IPv4 and for IPv6, be it that there is no such address.

Exit code: 0 if every name resolves and every answer is inside, 4 if a name does not resolve or an
answer is outside, 3 if no name resolves at all. Wildcards without a name are not tested.`
