/**
 * Alerts, dashboard and docs/operations.md speak of metrics and labels that a service really has, and
 * a service has none that the document does not explain.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readExposition, type Exposition } from '../support/exposition.ts'
import { describeWith, program } from '../support/requirements.ts'
import { askedIn, dashboardQueries, readAlerts, readDashboard } from './rules.ts'
import { beginLife, recentWeeks, type ScriptedLife } from './scripted-life.ts'

/** Labels that Prometheus itself puts on whatever it scrapes, and Kubernetes' own. */
const OF_SCRAPES = ['instance', 'job', 'namespace']

const [week] = recentWeeks()
let folder: string
let life: ScriptedLife
let text: string
let told: Exposition
/** Labels of each metric, of everything it has told so far; `le` is of buckets. */
const labelsOf = new Map<string, Set<string>>()

function remember({ series }: Exposition): void {
  for (const { name, labels } of series) {
    const known = labelsOf.get(name) ?? new Set()
    for (const label of Object.keys(labels)) known.add(label)
    labelsOf.set(name, known)
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rangewarden-test-'))
  life = await beginLife(folder)
  const refused = 'rangewarden_sync_refused_timestamp_seconds'
  life.offer({ fileName: week.fileName, text: '{}' })
  await life.run()
  remember(await life.scrapeUntil((one) => one.value(refused) !== undefined))
  life.offer(week)
  await life.run()
  await life.scrapeUntil((one) => one.value('rangewarden_dataset_change_number') !== undefined)
  text = await life.text()
  told = readExposition(text)
  remember(told)
})
afterAll(async () => {
  await life.close()
  rmSync(folder, { recursive: true })
})

/** Of a histogram's or a plain metric's series; undefined if there is no such metric. */
function metricOf(series: string): string | undefined {
  if (told.types.has(series)) return series
  const base = series.replace(/_(?:bucket|sum|count)$/, '')
  return told.types.get(base) === 'histogram' ? base : undefined
}

function faultsOf(expr: string): string[] {
  const { metrics, labels, grouped } = askedIn(expr)
  const has = (metric: string, label: string): boolean =>
    OF_SCRAPES.includes(label) || (labelsOf.get(metric)?.has(label) ?? false)
  return [
    ...[...metrics].flatMap((metric) =>
      metricOf(metric) === undefined ? [`${metric} is not exported`] : [],
    ),
    ...labels.flatMap(({ metric, label }) =>
      has(metric, label) ? [] : [`${metric} has no label ${label}`],
    ),
    ...[...metrics].flatMap((metric) =>
      [...grouped].flatMap((label) =>
        has(metric, label) ? [] : [`${metric} cannot be grouped by ${label}`],
      ),
    ),
  ]
}

describe('a service exports', () => {
  it('what every alert asks for, with its labels', () => {
    const faults = readAlerts().flatMap(({ alert, expr }) =>
      faultsOf(expr).map((fault) => `${alert}: ${fault}`),
    )
    expect(faults).toEqual([])
  })

  it('what every panel asks for, with its labels', () => {
    expect(dashboardQueries(readDashboard()).flatMap(faultsOf)).toEqual([])
  })

  it('and a metric or a label that it does not have would be seen', () => {
    expect(faultsOf('max by (cloud) (rangewarden_holds_waiting{state="x"}) > 0')).toEqual([
      'rangewarden_holds_waiting has no label state',
    ])
    expect(faultsOf('rate(rangewarden_nothing_total[5m])')).toEqual([
      'rangewarden_nothing_total is not exported',
    ])
    expect(faultsOf('sum by (colour, le) (rangewarden_sync_duration_seconds_bucket)')).toEqual([
      'rangewarden_sync_duration_seconds_bucket cannot be grouped by colour',
    ])
  })

  it('nothing of its own that docs/operations.md does not explain, with its labels', () => {
    const rows = readFileSync('docs/operations.md', 'utf8').matchAll(
      /^\| `(rangewarden_\w+)` \|([^|]*)\|/gm,
    )
    const explained = new Map(
      [...rows].map(([, name = '', labels = '']) => [
        name,
        labels.split(',').map((label) => label.trim()),
      ]),
    )
    const own = [...told.types.keys()].filter((name) => name.startsWith('rangewarden_'))
    expect([...explained.keys()].sort()).toEqual(own.toSorted())
    for (const name of own) {
      const seen = labelsOf.get(name) ?? labelsOf.get(`${name}_count`)
      // Of what is not so now no series is told.
      if (!seen) continue
      expect(
        explained
          .get(name)
          ?.filter((label) => label !== '')
          .sort(),
        name,
      ).toEqual([...seen].sort())
    }
  })

  it('explanations that are sentences', () => {
    for (const [name, help] of told.helps) {
      if (name.startsWith('rangewarden_')) expect(help, name).toMatch(/^[A-Z0-9M].*\.$/)
    }
    expect([...told.helps.keys()].sort()).toEqual([...told.types.keys()].sort())
  })
})

describeWith([program('promtool')], 'promtool', () => {
  it('finds nothing to say against what is exported', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })
})
