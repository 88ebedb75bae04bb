/** The alert rules: what Prometheus' own tool says of them, and that each was seen to fire and not to. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeWith, program } from '../support/requirements.ts'
import { ALERTS_FILE, readAlerts } from './rules.ts'

const TESTS_FILE = 'test/observability/alerts.yaml'

const alerts = readAlerts()

const expected = z.object({ labels: z.string() }).array().optional()
const testsShape = z.object({
  tests: z
    .object({
      promql_expr_test: z.object({ expr: z.string(), exp_samples: expected }).array().default([]),
      alert_rule_test: z
        .object({ alertname: z.string(), exp_alerts: z.unknown().array() })
        .array()
        .default([]),
    })
    .array(),
})

/** Names that were seen to fire, and names that were looked for in vain. */
function seenInTests(): { firing: Set<string>; silent: Set<string> } {
  const [firing, silent] = [new Set<string>(), new Set<string>()]
  const { tests } = testsShape.parse(parse(readFileSync(TESTS_FILE, 'utf8')))
  for (const test of tests) {
    for (const { alertname, exp_alerts: fired } of test.alert_rule_test) {
      if (fired.length > 0) firing.add(alertname)
    }
    for (const { expr, exp_samples: samples = [] } of test.promql_expr_test) {
      for (const { labels } of samples) firing.add(/alertname="(\w+)"/.exec(labels)?.[1] ?? '')
      const [, pattern] = /alertname=~?"([^"]+)"/.exec(expr) ?? []
      if (samples.length > 0 || pattern === undefined) continue
      for (const { alert } of alerts)
        if (new RegExp(`^(?:${pattern})$`).test(alert)) silent.add(alert)
    }
  }
  return { firing, silent }
}

/** GitHub's anchors of a page's headings. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('every alert', () => {
  it('has a name of its own, and is seen to fire and not to fire', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(new Set(names).size).toBe(names.length)
    const { firing, silent } = seenInTests()
    expect([...firing].sort()).toEqual(names.toSorted())
    expect([...silent].sort()).toEqual(names.toSorted())
  })

  it('says in sentences what is wrong, and where to read on', () => {
    for (const { alert, annotations } of alerts) {
      const { summary, description, runbook } = annotations
      expect(alert).toMatch(/^Rangewarden[A-Z][A-Za-z]+$/)
      expect(summary, alert).toMatch(/^.*[^.]$/)
      expect(description, alert).toMatch(/^(?:[A-Z]|\{\{ ).*\.$/)
      const [page = '', anchor = ''] = runbook.split('#')
      expect(existsSync(page), runbook).toBe(true)
      expect(anchorsOf(page), alert).toContain(anchor)
    }
  })
})

describeWith([program('promtool')], 'promtool', () => {
  const promtool = (...args: readonly string[]): string =>
    execFileSync('promtool', args, { encoding: 'utf8' })

  it('takes the rules', () => {
    expect(promtool('check', 'rules', ALERTS_FILE)).toContain(`SUCCESS: ${alerts.length} rules`)
  })

  it('sees each of them fire when it should, and only then', () => {
    expect(promtool('test', 'rules', TESTS_FILE)).toContain('SUCCESS')
  })
})
