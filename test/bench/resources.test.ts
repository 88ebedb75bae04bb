/** What the chart's pods ask for is what was measured, and the documents say the same. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  limitMiB,
  parseResources,
  PODS,
  resourcesFor,
  type Figures,
} from '../../bench/resources/results.ts'
import { withResources } from '../../bench/resources/table.ts'

const TEXT = readFileSync('bench/resources.json', 'utf8')
const RESULTS = parseResources(TEXT)

const FIGURES: Figures = {
  restMiB: 100,
  peakMiB: 200,
  idleMillicores: 3,
  loadMillicores: 51,
  startSeconds: 1,
}

describe('the chart', () => {
  const values = parse(readFileSync('helm/values.yaml', 'utf8')) as Record<string, unknown>

  it.each(PODS)('asks for what the pod %s was measured to need', (name) => {
    expect(values[name]).toMatchObject({ resources: resourcesFor(RESULTS.pods[name]) })
  })

  it.each(PODS)('limits the pod %s to what it was seen to live within', (name) => {
    const { peakMiB, livedWithinMiB } = RESULTS.pods[name]
    expect(livedWithinMiB).toBe(limitMiB(peakMiB))
  })
})

describe('resources', () => {
  it('leave a quarter above what was measured, in round steps, and no limit of the processor', () => {
    expect(resourcesFor(FIGURES)).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { memory: '256Mi' },
    })
  })

  it('ask for the least step where nothing was spent', () => {
    const idle = { ...FIGURES, idleMillicores: 0, loadMillicores: 0 }
    expect(resourcesFor(idle).requests.cpu).toBe('50m')
  })
})

describe('the measured figures', () => {
  it('are refused when one is missing, unknown or none', () => {
    const { embedded } = RESULTS.pods
    const { restMiB: _, ...incomplete } = embedded
    for (const wrong of [incomplete, { ...embedded, peakMiB: -1 }, { ...embedded, other: 1 }]) {
      const text = JSON.stringify({ ...RESULTS, pods: { ...RESULTS.pods, embedded: wrong } })
      expect(() => parseResources(text)).toThrow(/restMiB|peakMiB|other/)
    }
  })
})

describe('docs/operations.md', () => {
  const page = readFileSync('docs/operations.md', 'utf8')

  it('has the table of the last measurement', () => {
    expect(withResources(page, RESULTS), 'npm run resources -- --table').toBe(page)
  })

  it('has another with other figures, and needs a place for it', () => {
    const other = { ...RESULTS, pods: { ...RESULTS.pods, api: FIGURES } }
    expect(withResources(page, other)).not.toBe(page)
    const without = page.replace('<!-- resources -->', '')
    expect(() => withResources(without, RESULTS)).toThrow('no <!-- resources -->')
  })
})
