/**
 * Alerts, dashboard and docs/operations.md speak of metrics, labels and values that a service really
 * has, and a service has no metric that the document does not explain.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROLES } from '../../src/config/rules.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { readExposition, type Exposition } from '../support/exposition.ts'
import { openssl } from '../support/certificates.ts'
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
/** Labels of each metric and their values, of everything it has told so far; `le` is of buckets. */
const labelsOf = new Map<string, Map<string, Set<string>>>()

function remember({ series }: Exposition): void {
  for (const { name, labels } of series) {
    const known = labelsOf.get(name) ?? new Map<string, Set<string>>()
    for (const [label, value] of Object.entries(labels)) {
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
    labelsOf.set(name, known)
  }
}

/** What a service of each role tells of itself, and of a host that it has files from. */
async function rememberOtherServices(): Promise<void> {
  const freshness = { overviews: () => [], unverifiedSince: () => undefined }
  for (const role of ROLES) {
    const metrics = createMetrics({ freshness, clouds: [], version: '1', role })
    metrics.certificates.source('mirror.example', new Date())
    remember(readExposition(await metrics.text()))
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
  await life.ask('/health/ready')
  text = await life.text()
  told = readExposition(text)
  remember(told)
  await rememberOtherServices()
  // Each of four waits has a minute.
}, 300_000)
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

/** Every status that there is may be answered one day. */
function isTold(metric: string, label: string, value: RegExp): boolean {
  if (OF_SCRAPES.includes(label)) return true
  const told = label === 'status' ? Object.keys(STATUS_CODES) : labelsOf.get(metric)?.get(label)
  return [...(told ?? [])].some((one) => value.test(one))
}

function faultsOf(expr: string): string[] {
  const { metrics, matchers, grouped } = askedIn(expr)
  const has = (metric: string, label: string): boolean =>
    OF_SCRAPES.includes(label) || (labelsOf.get(metric)?.has(label) ?? false)
  return [
    ...[...metrics].flatMap((metric) =>
      metricOf(metric) === undefined ? [`${metric} is not exported`] : [],
    ),
    ...matchers.flatMap(({ metric, label, values }) =>
      has(metric, label)
        ? values
            .filter((value) => !isTold(metric, label, value))
            .map(({ source }) => `${metric} has no ${label} like ${source}`)
        : [`${metric} has no label ${label}`],
    ),
    ...[...metrics].flatMap((metric) =>
      [...grouped].flatMap((label) =>
        has(metric, label) ? [] : [`${metric} cannot be grouped by ${label}`],
      ),
    ),
  ]
}

describeWith([openssl], 'a service exports', () => {
  it('what every alert asks for, with its labels and their values', () => {
    const faults = readAlerts().flatMap(({ alert, expr }) =>
      faultsOf(expr).map((fault) => `${alert}: ${fault}`),
    )
    expect(faults).toEqual([])
  })

  it('what every panel asks for, with its labels and their values', () => {
    expect(dashboardQueries(readDashboard()).flatMap(faultsOf)).toEqual([])
  })

  it('and a metric, a label or a value that it does not have would be seen', () => {
    expect(faultsOf('max by (cloud) (rangewarden_holds_waiting{state="x"}) > 0')).toEqual([
      'rangewarden_holds_waiting has no label state',
    ])
    expect(
      faultsOf('rangewarden_cloud_state{state="empty"} or rangewarden_cloud_state{state="void"}'),
    ).toEqual(['rangewarden_cloud_state has no state like ^void$'])
    expect(faultsOf('absent(rangewarden_build_info{role=~"all|server"})')).toEqual([
      'rangewarden_build_info has no role like ^(?:server)$',
    ])
    expect(
      faultsOf('rangewarden_http_requests_total{status=~"6..",route!~"/healthz|/metrics"}'),
    ).toEqual([
      'rangewarden_http_requests_total has no status like ^(?:6..)$',
      'rangewarden_http_requests_total has no route like ^(?:\\/healthz)$',
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
      ).toEqual([...seen.keys()].sort())
    }
  })

  it('explanations that are sentences', () => {
    for (const [name, help] of told.helps) {
      if (name.startsWith('rangewarden_')) expect(help, name).toMatch(/^[A-Z0-9].*\.$/)
    }
    expect([...told.helps.keys()].sort()).toEqual([...told.types.keys()].sort())
  })
})

describeWith([openssl, program('promtool')], 'promtool', () => {
  it('finds nothing to say against what is exported', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })
})
