/** The table of docs/operations.md, between its marks. */
import { PODS, resourcesFor, type Results } from './results.ts'

const PLACE = /(?<=<!-- resources -->\n)[^]*?(?=<!-- end of resources -->)/

/** @throws if the page has no place for the table */
export function withResources(page: string, results: Results): string {
  if (!PLACE.test(page)) throw new Error('no <!-- resources --> … <!-- end of resources -->')
  return page.replace(PLACE, () => `\n${tableOf(results)}\n`)
}

function tableOf({ machine, date, kindOfFile, pollsPerSecond, pods }: Results): string {
  const rows = PODS.map((name) => {
    const figures = pods[name]
    const { requests, limits } = resourcesFor(figures)
    return [
      `\`${name}\``,
      `${figures.restMiB.toFixed(0)} MiB`,
      `${figures.peakMiB.toFixed(0)} MiB`,
      `${figures.startSeconds.toFixed(1)} s`,
      `${figures.idleMillicores.toFixed(0)} m`,
      `${figures.loadMillicores.toFixed(0)} m`,
      `${requests.memory}, ${requests.cpu}`,
      limits.memory,
    ]
  })
  const head = [
    'pod',
    'memory at rest',
    'its peak',
    'processor until the first week is served',
    'idle',
    `${pollsPerSecond} polls a second`,
    'asks for',
    'limit',
  ]
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const about =
    `Measured on ${date} with ${kindOfFile} Public files from a folder, no webhooks and a short history ` +
    `(${machine}).`
  return `${lines.join('\n')}\n\n${about}\n`
}
