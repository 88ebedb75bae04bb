/** Commands as documents give them, so that a test runs what people are told to run. */
import { readFileSync } from 'node:fs'

/** The shell blocks below a heading, up to the next heading of any depth. */
export function shellBlocks(file: string, heading: string): string[] {
  const sections = readFileSync(file, 'utf8').split(/^#+ /m)
  const section = sections.find((text) => text.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`${file} has no heading "${heading}"`)
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

/** The text with each of these put in the place of what a document says; all of them must be in it. */
export function withPlaces(block: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the commands do not say "${from}": ${block}`)
    return text.replaceAll(from, to)
  }, block)
}
