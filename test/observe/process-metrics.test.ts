/** The process's own figures: once, however many services it has had, and no reason to live on. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts'
import { readExposition } from '../support/exposition.ts'

function metrics(): Metrics {
  const freshness = { overviews: () => [], unverifiedSince: () => undefined }
  return createMetrics({ freshness, clouds: ['Public'], version: '1' })
}

it('are told by each service of a process that watches, and by no other', async () => {
  const [first, second, other] = [metrics(), metrics(), metrics()]
  first.watchProcess()
  second.watchProcess()
  second.watchProcess()
  for (const { text } of [first, second]) {
    const told = readExposition(await text())
    expect(told.value('process_start_time_seconds')).toBeGreaterThan(1.7e9)
    expect(told.value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(told.types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge')
    const gauges = [...told.types].filter(([, type]) => type === 'gauge').map(([name]) => name)
    expect(gauges.filter((name) => name.endsWith('_total'))).toEqual([])
  }
  const names = [...readExposition(await other.text()).types.keys()]
  expect(names.filter((name) => !name.startsWith('rangewarden_'))).toEqual([])
})

it('keep no process from ending', () => {
  const module = new URL('../../src/observe/process-metrics.ts', import.meta.url).href
  const code = `const { processMetrics } = await import('${module}')
    console.log((await processMetrics().metrics()).length > 1000)`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([status, stdout]).toEqual([0, 'true\n'])
})
