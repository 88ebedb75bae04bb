/** The page arrives, and what it links is not what it should be. */
import { bytes, filePath, status, weeklyPage } from '../support/publisher.ts'
import type { PageFile, PageShape } from '../support/publisher.ts'
import { atPage, BY_PAGE, type Cell, type Stage } from './cell.ts'

const HOST = 'https://download.microsoft.com'

const compact = (date: string): string => date.replaceAll('-', '')

/** Where the publisher says that a week's file is. */
const link = ({ file }: Stage, i: number): string => HOST + file(i)

/** The page links these, and the next week's file is where it belongs. */
function linking(stage: Stage, links: readonly (string | PageFile)[], shape?: PageShape): void {
  stage.offer(1)
  const files = links.map((file) => (typeof file === 'string' ? { url: file } : file))
  stage.page(bytes(weeklyPage('Public', files, shape)))
}

/** The page is of no use; then the dated name brings the next week all the same. */
function useless(fault: string, url: (stage: Stage) => string, says: RegExp): Cell {
  return {
    step: 'page',
    fault,
    arrange: (stage) => linking(stage, [url(stage)], 'button'),
    outcome: 'published',
    degraded: true,
    says: new RegExp(`"degraded":"details-page: .*${says.source}.*"strategy":"dated-name"`),
  }
}

/** Odd, and the next week is found as ever. */
function useful(fault: string, arrange: Cell['arrange']): Cell {
  return { step: 'page', fault, arrange, outcome: 'published', says: BY_PAGE }
}

export const pageCells: readonly Cell[] = [
  atPage('no link', bytes(weeklyPage('Public', [])), /lists 0 files, none of them it/),
  useless(
    'a link to another host',
    ({ elsewhere, file }) => elsewhere.origin + file(1),
    /is not asked/,
  ),
  useless(
    'a link to a private host',
    ({ file }) => `https://192.168.1.1${file(1)}`,
    /https:\/\/192\.168\.1\.1 is not asked/,
  ),
  useless(
    'a link without TLS',
    ({ file }) => `http://download.microsoft.com${file(1)}`,
    /http:\/\/download\.microsoft\.com is not asked/,
  ),
  useless(
    'a link for another cloud',
    ({ week }) => HOST + filePath('China', compact(week(1).fileDate)),
    /not of Public/,
  ),
  useless('a link to a compressed file', (stage) => `${link(stage, 1)}.gz`, /not a \.json file/),
  useless(
    'a link with a date in the future to nothing',
    () => HOST + filePath('Public', '20460101'),
    /ServiceTags_Public_20460101\.json: answered 404/,
  ),
  {
    step: 'page',
    fault: 'only a link with a date in the future',
    arrange(stage) {
      const future = filePath('Public', '20460101')
      linking(stage, [HOST + future])
      stage.publisher.answer(future, bytes(stage.week(1).text))
    },
    outcome: 'refused',
    says: /ServiceTags_Public_20460101\.json.*dated 2046-01-01, nothing after .* can be right/,
  },
  useful('a link with a date in the future beside the right one', (stage) => {
    const future = filePath('Public', '20460101')
    linking(stage, [HOST + future, link(stage, 1)])
    stage.publisher.answer(future, bytes(stage.week(1).text))
  }),
  useful('three links to one date, of which the third works', (stage) => {
    const broken = ['1', '2'].map((n) => link(stage, 1).replace('/7/1/D/', `/${n}/`))
    linking(stage, [...broken, link(stage, 1)])
    stage.publisher.answer(broken[0]?.slice(HOST.length) ?? '', status(500))
  }),
  useful('three links to three dates', (stage) =>
    linking(
      stage,
      [-1, 1, 0].map((i) => link(stage, i)),
    ),
  ),
  useful('a button in place of the inventory', (stage) =>
    linking(stage, [link(stage, 1)], 'button'),
  ),
  {
    step: 'page',
    fault: 'another size than the file has',
    arrange(stage) {
      linking(stage, [{ url: link(stage, 1), size: 12_345 }])
    },
    outcome: 'refused',
    says: /truncated or another file: the download page says 12345 bytes/,
  },
]
