/** The tables of docs/scale.md, each between its own two comment lines. */
import { CLOUDS } from '../../src/core/cloud.ts'
import { CLOUD_COST_NAMES, CLOUD_COSTS, COST_NAMES, COSTS, type ScaleResults } from './costs.ts'
import { bits, bytes, count, figure, measured, percent, rough, seconds } from './figures.ts'
import { LIMITS, standingsOf, type Limit, type Standing } from './limits.ts'
import { loadOf, type SiteLoad } from './model.ts'
import { predicted, type Figures } from './predicted.ts'
import { ASSUMED, SITES, type Site } from './sites.ts'

type Row = readonly string[]

const POLL = `every ${ASSUMED.pollSeconds.value} s`
const CORE = `${percent(ASSUMED.coreShare.value)} of a core`

/** By the name that its comment lines have. */
export const TABLES: Readonly<Record<string, (results: ScaleResults) => string>> = {
  sites: sitesTable,
  first: firstLines,
  limits: limitsTable,
  requests: requestsTable,
  measured: measuredLine,
  costs: costsTable,
  clouds: cloudsTable,
  assumed: assumedTable,
  check: checkTable,
}

/** The page with every table computed anew. */
export function withTables(page: string, results: ScaleResults): string {
  let text = page
  for (const [name, table] of Object.entries(TABLES)) {
    const [begin, end] = [`<!-- scale:${name} -->`, `<!-- /scale:${name} -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`the page has no place for ${begin} … ${end}`)
    text = `${text.slice(0, from + begin.length)}\n\n${table(results)}\n\n${text.slice(to)}`
  }
  return text
}

/** What a run prints: the sites, what they break first, and what each unit costs. */
export function summary(results: ScaleResults): string {
  const parts = [measuredLine, sitesTable, firstLines, limitsTable, requestsTable, checkTable]
  return [...parts, cloudsTable, costsTable].map((part) => part(results)).join('\n\n')
}

function measuredLine({ machine, date, server, files, seconds }: ScaleResults): string {
  return `Measured ${date.slice(0, 10)} in ${seconds} seconds on ${machine}, ${server}, ${files} weekly files.`
}

function sitesTable(results: ScaleResults): string {
  const loads = SITES.map((site) => ({ site, load: loadOf(site, results) }))
  const row = (what: string, of: (site: Site, load: SiteLoad) => string): Row => [
    what,
    ...loads.map(({ site, load }) => of(site, load)),
  ]
  const server = ({ database }: Site, text: string): string =>
    database === 'embedded' ? '-' : text
  return table(
    ['', ...SITES.map(({ title }) => title)],
    [
      row(`devices, each asking ${POLL}`, ({ devices }) => count(devices)),
      row('replicas, database', ({ replicas, database }) =>
        database === 'embedded' ? `${replicas}, embedded` : `${replicas}, PostgreSQL`,
      ),
      row('clouds, stored lists', ({ clouds, lists }) => `${clouds.length}, ${lists}`),
      row('webhooks, years of history', ({ webhooks, years }) => `${count(webhooks)}, ${years}`),
      row('answered 304, by a CDN', ({ notModifiedShare, cdnHitRatio }) =>
        [notModifiedShare, cdnHitRatio].map(percent).join(', '),
      ),
      row('**requests a second**, of devices', (_, { requests }) => figure(requests)),
      row('… that reach a replica', (_, { originRequests }) => figure(originRequests)),
      row('of a processor core, all replicas together', (_, { cores }) => percent(cores)),
      row('… each replica, polling included', (_, { replicaShare }) => percent(replicaShare)),
      row(`**replicas needed** at ${CORE}`, (_, { replicasNeeded }) => count(replicasNeeded)),
      row('**bandwidth** out of the replicas', (_, { originBits }) => bits(originBits)),
      row('… to the devices', (_, { deviceBits }) => bits(deviceBits)),
      row('**database** after those years', (_, { databaseBytes }) => bytes(databaseBytes)),
      row('… it grows by, a year', (_, { growthBytesPerYear }) => bytes(growthBytesPerYear)),
      row('**statements a second**, nothing happening', (site, { statements }) =>
        server(site, figure(statements)),
      ),
      row("… of PostgreSQL's core", (site, { serverShare }) => server(site, percent(serverShare))),
      row('**connections** to PostgreSQL, at most', (site, { connections }) =>
        server(site, count(connections)),
      ),
      row('memory of each replica', (_, { memoryBytes }) => bytes(memoryBytes)),
      row('**a week**: processor of who takes it in', (_, { week }) => seconds(week.workerSeconds)),
      row('… of each other replica', ({ replicas }, { week }) =>
        replicas > 1 ? seconds(week.replicaSeconds) : '-',
      ),
      row('… of PostgreSQL', (site, { week }) => server(site, seconds(week.serverSeconds))),
      row('… deliveries to webhooks', (_, { week }) => count(Math.ceil(week.deliveries))),
      row('… until the last webhook has heard', (_, { week }) => seconds(week.toldSeconds)),
    ],
  )
}

/** What each site breaks first, in a sentence. */
function firstLines(results: ScaleResults): string {
  return SITES.map((site) => {
    const [first] = standingsOf(site, results)
    if (!first) throw new Error('a site has a limit')
    const { limit, share, most } = first
    const is =
      share > 1
        ? `breaks already: ${limit.what} (${percent(share)} of the bound)`
        : `breaks first: ${limit.what} (${percent(share)} of the bound now)`
    return `- **${site.title}** ${is}; it holds ${many(most)} ${limit.driver}. Then: ${limit.remedy}.`
  }).join('\n')
}

function limitsTable(results: ScaleResults): string {
  const standings = SITES.map((site) => standingsOf(site, results))
  const rows = LIMITS.map((limit): Row => {
    const bound = boundText(limit, limit.bound(results))
    const of = standings.map((all) => holding(all.find((one) => one.limit === limit)))
    return [limit.what, bound, limit.driver, ...of, limit.remedy]
  })
  return table(
    ['bound', 'at', 'reached by more', ...SITES.map(({ title }) => title), 'then'],
    rows,
    ['left', 'right', 'left', 'right', 'right', 'right', 'left'],
  )
}

function boundText({ unit }: Limit, bound: number): string {
  if (unit === 'of a core') return `${percent(bound)} of a core`
  return unit === 'bytes' ? bytes(bound) : `${count(bound)} ${unit}`
}

function holding(standing: Standing | undefined): string {
  if (!standing) return '-'
  const { share, most } = standing
  return share > 1 ? `**${many(most)}**` : many(most)
}

/** Beyond it a figure says no more than that something else is met first. */
const NEVER = 100_000_000

function many(most: number): string {
  return most > NEVER ? `over ${rough(NEVER)}` : rough(most)
}

/** What one replica answers with the share of a core that it may use. */
function requestsTable({ costs }: ScaleResults): string {
  const ways = [
    ['over connections that stay open', costs.notModifiedKeptUs, costs.wholeKeptUs],
    ['each over a connection of its own', costs.notModifiedNewUs, costs.wholeNewUs],
    [
      'through a trusted proxy with X-Forwarded-For',
      costs.notModifiedForwardedUs,
      costs.wholeForwardedUs,
    ],
  ] as const
  const larger = ((costs.largeListBytes - costs.smallListBytes) / 1_024) * costs.wholePerKiBUs
  const rate = (us: number): string => rough((ASSUMED.coreShare.value * 1_000_000) / us)
  return table(
    [
      `requests a second of one replica, at ${CORE}`,
      '304',
      `200 of ${bytes(costs.smallListBytes)}`,
      `200 of ${bytes(costs.largeListBytes)}`,
      `devices that ask ${POLL}, all by 304`,
    ],
    ways.map(([way, notModified, whole]) => [
      way,
      rate(notModified),
      rate(whole),
      rate(whole + larger),
      rate(notModified / ASSUMED.pollSeconds.value),
    ]),
  )
}

function costsTable({ costs }: ScaleResults): string {
  return table(
    ['', 'measured'],
    COST_NAMES.map((name) => [COSTS[name].what, measured(costs[name], COSTS[name].unit)]),
  )
}

function cloudsTable({ clouds }: ScaleResults): string {
  return table(
    ['', ...CLOUDS],
    CLOUD_COST_NAMES.map((name) => [
      CLOUD_COSTS[name].what,
      ...CLOUDS.map((cloud) => measured(clouds[cloud][name], CLOUD_COSTS[name].unit)),
    ]),
  )
}

function assumedTable(): string {
  return table(
    ['', 'value', 'from'],
    Object.values(ASSUMED).map(({ what, value, source }) => [what, count(value), source]),
    ['left', 'right', 'left'],
  )
}

function checkTable(results: ScaleResults): string {
  const { observed } = results
  if (!observed) return 'Not compared yet: `npm run scale -- --check`.'
  const computed = predicted(observed, results)
  const row = (what: string, name: keyof Figures, of: (value: number) => string): Row => [
    what,
    of(computed[name]),
    of(observed[name]),
    figure(observed[name] / computed[name]),
  ]
  const rows = [
    row('statements a second, nothing happening', 'statements', figure),
    row('of a core, nothing happening', 'idleShare', percent),
    row('processor of the replica that takes a week in and delivers', 'workerSeconds', seconds),
    row('processor of a replica that follows', 'replicaSeconds', seconds),
    row('until the last webhook has heard', 'toldSeconds', seconds),
    row('memory of a replica that follows', 'replicaBytes', bytes),
  ]
  return [
    `Seen ${observed.date.slice(0, 10)}: ${observed.lists} lists, ${observed.webhooks} webhooks.`,
    table(['', 'computed', 'seen', 'seen / computed'], rows),
  ].join('\n\n')
}

type Alignment = 'left' | 'right'

/** Columns without an alignment are numbers. */
function table(
  head: Row,
  rows: readonly Row[],
  alignments: readonly Alignment[] = ['left'],
): string {
  const rule = head.map((_, i) => (alignments[i] === 'left' ? '---' : '---:'))
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
