/** Nothing is wrong with the file itself: what was published before it makes it odd. */
import { bytes, filePath, status, weeklyPage } from '../support/publisher.ts'
import { changed, withKeys } from './documents.ts'
import { BY_PAGE, PAGE, type Cell, type Stage } from './cell.ts'

const numbered = (number: (before: number) => number) => (text: string, published: string) => {
  const before = (JSON.parse(published) as { changeNumber: number }).changeNumber
  return withKeys({ changeNumber: number(before) })(text)
}

function renumbered(fault: string, number: (before: number) => number): Cell {
  return {
    step: 'history',
    fault,
    arrange: ({ offer, week }) => offer(1, bytes(numbered(number)(week(1).text, week(0).text))),
    outcome: 'published',
    says: BY_PAGE,
  }
}

export const historyCells: readonly Cell[] = [
  {
    step: 'history',
    fault: 'an older file',
    arrange: ({ offer }) => offer(-1),
    outcome: 'held',
    says: /"rule":"withdrawal".*a withdrawal: the publisher offers the file of .* although one of/,
  },
  {
    step: 'history',
    fault: 'an older file that was never seen',
    arrange: (stage) => dated(stage, daysAfter(stage.week(0).fileDate, -1)),
    outcome: 'held',
    says: /"rule":"withdrawal"/,
  },
  {
    step: 'history',
    fault: 'the same file again',
    arrange: ({ offer }) => offer(0),
    outcome: 'unchanged',
    says: /the publisher says that the file has not changed.*"status":304/,
  },
  {
    step: 'history',
    fault: 'the same file again, without validators',
    arrange: ({ offer, week }) => offer(0, bytes(week(0).text)),
    outcome: 'unchanged',
    says: /the file says what is published already/,
  },
  {
    step: 'history',
    fault: 'the same file under a new name',
    arrange: ({ offer, week }) => offer(1, bytes(week(0).text)),
    outcome: 'unchanged',
    says: /the file says what is published already/,
  },
  {
    step: 'history',
    fault: 'an older file under a new name',
    arrange: ({ offer, week }) => offer(1, bytes(week(-1).text)),
    outcome: 'published',
    says: BY_PAGE,
  },
  renumbered('the same number with new content', (before) => before),
  renumbered('a lower number with new content', (before) => before - 10),
  {
    step: 'history',
    fault: 'tags in another order',
    arrange: ({ offer, week }) =>
      offer(1, bytes(changed((all) => void all.values.reverse())(week(0).text))),
    outcome: 'unchanged',
    says: /the file says what is published already/,
  },
  {
    step: 'history',
    fault: 'new content under the published name',
    arrange: ({ offer, week }) => offer(0, bytes(week(1).text)),
    outcome: 'published',
    says: BY_PAGE,
  },
  {
    step: 'history',
    fault: '304 that nobody asked for',
    arrange: ({ offer }) => offer(1, status(304)),
    outcome: 'failed',
    says: /answered 304; only 200 brings a file/,
  },
  {
    step: 'history',
    fault: 'a file dated three days ahead',
    arrange: (stage) => dated(stage, daysAfter(stage.week(0).fileDate, TODAY + 3)),
    outcome: 'published',
    says: BY_PAGE,
  },
  {
    step: 'history',
    fault: 'a file dated nine days ahead',
    arrange: (stage) => dated(stage, daysAfter(stage.week(0).fileDate, TODAY + 9)),
    outcome: 'refused',
    says: /the file is dated [\d-]+, nothing after [\d-]+ can be right/,
  },
]

/** Days after the date of the published file: the clock of a stage. */
const TODAY = 4

/** The page links a file of this date; no time has passed. */
function dated({ publisher, week }: Stage, date: string): void {
  publisher.answer(PAGE, bytes(weeklyPage('Public', [date])))
  publisher.answer(filePath('Public', date), bytes(week(1).text))
}

/** `20250107` */
function daysAfter(fileDate: string, days: number): string {
  const day = new Date(Date.parse(fileDate) + days * 86_400_000)
  return day.toISOString().slice(0, 10).replaceAll('-', '')
}
