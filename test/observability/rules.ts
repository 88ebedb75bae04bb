/** What the alert rules and the dashboard ask Prometheus for. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

export const ALERTS_FILE = 'helm/files/alerts.yaml'
export const DASHBOARD_FILE = 'helm/files/dashboard.json'

const alertShape = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({
    summary: z.string(),
    description: z.string(),
    runbook: z.string(),
  }),
})

export type Alert = z.output<typeof alertShape>

export function readAlerts(): Alert[] {
  const shape = z.strictObject({
    groups: z.tuple([
      z.strictObject({ name: z.literal('rangewarden'), rules: alertShape.array() }),
    ]),
  })
  return shape.parse(parse(readFileSync(ALERTS_FILE, 'utf8'))).groups[0].rules
}

const datasource = z.strictObject({
  type: z.literal('prometheus'),
  uid: z.literal('${datasource}'),
})

const placed = z.object({
  id: z.number(),
  title: z.string(),
  gridPos: z.strictObject({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
})

const panelShape = placed.extend({
  type: z.enum(['stat', 'timeseries']),
  description: z.string(),
  datasource,
  targets: z
    .object({ datasource, expr: z.string(), legendFormat: z.string(), refId: z.string() })
    .array()
    .min(1),
})

const rowShape = placed.extend({ type: z.literal('row'), panels: z.tuple([]) })

const dashboardShape = z.object({
  uid: z.string(),
  schemaVersion: z.number(),
  panels: z.discriminatedUnion('type', [panelShape, rowShape]).array(),
  templating: z.object({
    list: z
      .object({
        name: z.string(),
        type: z.string(),
        definition: z.string().optional(),
        query: z.unknown(),
        multi: z.boolean(),
        includeAll: z.boolean(),
      })
      .array(),
  }),
})

export type Dashboard = z.output<typeof dashboardShape>

/** Throws if it is not of the shape that is expected here. */
export function readDashboard(): Dashboard {
  return dashboardShape.parse(JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')))
}

export function dashboardQueries({ panels, templating }: Dashboard): string[] {
  return [
    ...panels.flatMap((panel) =>
      panel.type === 'row' ? [] : panel.targets.map(({ expr }) => withoutVariables(expr)),
    ),
    // label_values(SERIES, LABEL), in Prometheus' own words.
    ...templating.list.flatMap(({ definition }) => {
      if (definition === undefined) return []
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? []
      if (series === undefined || label === undefined) throw new Error(`unread: ${definition}`)
      return [`group by (${label}) (${withoutVariables(series)})`]
    }),
  ]
}

/** What Grafana puts in, of the same kind. */
function withoutVariables(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('="$job"', '="rangewarden"')
    .replaceAll(/=~"\$(?:cloud|instance)"/g, '=~".*"')
}

/** Words that stand where a metric could. */
const NO_METRICS = new Set([
  ...['absent', 'and', 'bool', 'by', 'count', 'group', 'histogram_quantile', 'increase', 'max'],
  ...['min', 'on', 'or', 'rate', 'sum', 'time', 'unless'],
])

export interface Matcher {
  readonly metric: string
  readonly label: string
  /** What the label is compared with, for equality or not: a value, or the branches of a pattern. */
  readonly values: readonly RegExp[]
}

export interface Asked {
  readonly metrics: ReadonlySet<string>
  /** Of all selectors. */
  readonly matchers: readonly Matcher[]
  /** Labels by which the expression groups; each of its metrics has to have them. */
  readonly grouped: ReadonlySet<string>
}

/** Read from the text: enough for the expressions here, and no word is passed over. */
export function askedIn(expr: string): Asked {
  const metrics = new Set<string>()
  const matchers: Matcher[] = []
  const grouped = new Set<string>()
  let rest = expr.replaceAll(/(?<=[\w}])\[[\w$]+\]/g, '')
  rest = rest.replaceAll(/\b(?:by|on) \(([^)]*)\)/g, (_, names: string) => {
    for (const name of names.split(',')) grouped.add(name.trim())
    return ''
  })
  rest = rest.replaceAll(/([a-z_]\w*)\{([^}]*)\}/g, (_, metric: string, selectors: string) => {
    metrics.add(metric)
    const each = selectors.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)
    for (const [, label = '', operator = '', value = ''] of each) {
      matchers.push({ metric, label, values: valuesOf(operator, value) })
    }
    return ''
  })
  for (const [word] of rest.matchAll(/[a-z_]\w*/g)) if (!NO_METRICS.has(word)) metrics.add(word)
  return { metrics, matchers, grouped }
}

/** Patterns are matched whole, as Prometheus does. */
function valuesOf(operator: string, value: string): RegExp[] {
  if (!operator.endsWith('~')) return [new RegExp(`^${value.replaceAll(/[^\w-]/g, '\\$&')}$`)]
  if (value.includes('(')) throw new Error(`only branches at the top are told apart: ${value}`)
  return value.split('|').map((branch) => new RegExp(`^(?:${branch})$`))
}
