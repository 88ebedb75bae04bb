/** The place in docs/benchmarks.md where results stand. */

/** The lines of the page around it. */
const BEGIN = '<!-- results: written by `npm run bench -- --markdown` -->'
const END = '<!-- end of results -->'

/** The page with these results in place of those it has. */
export function withResults(page: string, results: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no place for results: ${BEGIN} … ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${results}\n\n${page.slice(to)}`
}
