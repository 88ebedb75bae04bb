/** Results in docs/benchmarks.md: put where they belong, and nothing else of the page is touched. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withResults } from '../../bench/page.ts'

const PAGE = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8')

describe('the page', () => {
  it('has a place for results, and takes new ones instead of old ones', () => {
    const once = withResults(PAGE, 'first results')
    const again = withResults(once, 'other results')
    expect(once).toContain('\n\nfirst results\n\n')
    expect(again).toBe(once.replace('first results', 'other results'))
    expect(again.startsWith(PAGE.slice(0, PAGE.indexOf('## Results')))).toBe(true)
  })

  it.each([
    '',
    '<!-- end of results --> <!-- results: written by `npm run bench -- --markdown` -->',
  ])('without a place is refused: %j', (page) =>
    expect(() => withResults(page, 'results')).toThrow('no place for results'),
  )
})
