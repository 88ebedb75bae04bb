/** The tables as a whole; they are proved in faults-of-*.test.ts. */
import { describe, expect, it } from 'vitest'
import { STEPS, titleOf, type Cell } from './cell.ts'
import { bodyCells } from './cells-body.ts'
import { documentCells } from './cells-document.ts'
import { historyCells } from './cells-history.ts'
import { httpCells } from './cells-http.ts'
import { pageCells } from './cells-page.ts'
import { prefixCells } from './cells-prefix.ts'
import { wayCells } from './cells-ways.ts'

const cells: readonly Cell[] = [
  ...httpCells,
  ...bodyCells,
  ...documentCells,
  ...prefixCells,
  ...pageCells,
  ...wayCells,
  ...historyCells,
]

/** One section per step, in the order of the tables. */
function documentOf(all: readonly Cell[]): string {
  const sections = STEPS.map((step) => {
    const lines = all
      .filter((cell) => cell.step === step)
      .map((cell) => `| ${cell.fault.replaceAll('_', '\\_')} | ${resultOf(cell)} |`)
    return `## ${step}\n\n| fault | outcome |\n|---|---|\n${lines.join('\n')}\n`
  })
  return `${HEAD}\n${sections.join('\n')}`
}

function resultOf({ outcome, degraded, adds }: Cell): string {
  return [outcome, ...(degraded ? ['degraded'] : []), ...(adds ? ['additions'] : [])].join(', ')
}

const HEAD = `<!-- Written by \`npx vitest run test/scenarios/fault-matrix.test.ts -u\` from its tables. -->

# Fault matrix

What a publisher can do to a run, and what comes of it. Each of these ${cells.length} cells is a test (test/scenarios):
after the run every list has the bytes and validators it had (other ones only where it says
\`published\` or \`additions\`), the run record explains the outcome, and the next good answer is
published without anybody doing anything.

\`degraded\`: the page failed and another way answered, which is said; with \`unchanged\` the other
ways found nothing newer. Where the file fails, the one published before is still on offer: that does
not hide that the newer one cannot be had.
`

describe('the fault matrix', () => {
  it('has at least 60 cells, each of a name of its own', () => {
    expect(cells.length).toBeGreaterThanOrEqual(60)
    expect(new Set(cells.map(titleOf)).size).toBe(cells.length)
  })

  it('has cells at every step', () => {
    expect(new Set(cells.map(({ step }) => step))).toEqual(new Set(STEPS))
  })

  it('is what docs/fault-matrix.md says', async () => {
    await expect(documentOf(cells)).toMatchFileSnapshot('../../docs/fault-matrix.md')
  })
})
