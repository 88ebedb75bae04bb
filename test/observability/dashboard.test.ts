/** The dashboard, as far as it can be judged without Grafana. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith, program } from '../support/requirements.ts'
import { askedIn, DASHBOARD_FILE, dashboardQueries, readDashboard } from './rules.ts'

const dashboard = readDashboard()
const { panels } = dashboard

describe('the dashboard', () => {
  it('is kept without what Grafana counts by itself', () => {
    const raw = JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')) as object
    expect(Object.keys(raw)).not.toContain('id')
    expect(Object.keys(raw)).not.toContain('version')
    expect(dashboard.uid).toBe('rangewarden')
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
  })

  it('has panels with numbers and titles of their own', () => {
    const ids = panels.map(({ id }) => id)
    expect(ids).toEqual(ids.map((_, i) => i + 1))
    const titles = panels.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    expect(panels.length).toBeGreaterThan(20)
  })

  it('has no two panels in one place, and none beyond the 24 columns', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos
      expect(x + w, title).toBeLessThanOrEqual(24)
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const place = `${column} ${line}`
          expect(taken.get(place), `${title} at ${place}`).toBeUndefined()
          taken.set(place, title)
        }
      }
    }
  })

  it('asks the data source that is chosen, for the job, the clouds and the instances that are', () => {
    const names = dashboard.templating.list.map(({ name }) => name)
    expect(names).toEqual(['datasource', 'job', 'cloud', 'instance'])
    for (const panel of panels) {
      if (panel.type === 'row') continue
      const refs = panel.targets.map(({ refId }) => refId)
      expect(new Set(refs).size, panel.title).toBe(refs.length)
      for (const { expr } of panel.targets) {
        const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, inner = '']) =>
          inner.split(','),
        )
        expect(selectors.length, panel.title).toBe(askedIn(expr).metrics.size)
        for (const selector of selectors) {
          expect(selector, panel.title).toContain('job="$job"')
          expect(selector, panel.title).toContain('instance=~"$instance"')
        }
        const variables = [...expr.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)
        const known = [...names, '__rate_interval']
        expect(
          variables.filter((name) => !known.includes(name)),
          panel.title,
        ).toEqual([])
      }
    }
  })
})

describe('the variables of the dashboard', () => {
  const { list } = dashboard.templating

  it('offer one job at a time, since two installations have no number in common', () => {
    const { definition, multi, includeAll } = list.find(({ name }) => name === 'job') ?? {}
    expect(definition).toBe('label_values(rangewarden_build_info, job)')
    expect([multi, includeAll]).toEqual([false, false])
  })

  it('offer the clouds and instances of the job that is chosen', () => {
    for (const name of ['cloud', 'instance']) {
      const { definition, query } = list.find((one) => one.name === name) ?? {}
      expect(definition).toMatch(new RegExp(`^label_values\\(\\w+\\{job="\\$job"\\}, ${name}\\)$`))
      expect(query).toMatchObject({ query: definition })
    }
  })
})

describeWith([program('promtool')], 'promtool', () => {
  it('can read every query of the dashboard', () => {
    const queries = dashboardQueries(dashboard)
    const rules = queries.map((expr, i) => ({ record: `query:${i}`, expr }))
    const folder = temporaryFolder({
      'queries.yaml': stringify({ groups: [{ name: 'queries', rules }] }),
    })
    const said = execFileSync('promtool', ['check', 'rules', join(folder, 'queries.yaml')], {
      encoding: 'utf8',
    })
    expect(said).toContain(`SUCCESS: ${queries.length} rules`)
  })
})
