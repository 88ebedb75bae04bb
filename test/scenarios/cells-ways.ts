/** The page is down: one other way after the other has to do. */
import type { WeeklyDocument } from '../support/feed.ts'
import { bytes, status } from '../support/publisher.ts'
import { LATEST, PAGE, type Cell } from './cell.ts'

/** What the page does. */
const down = status(503)

/** Headers of a file that was put there on its date. */
function modified({ fileDate }: WeeklyDocument): { 'last-modified': string } {
  return { 'last-modified': new Date(`${fileDate}T12:00:00Z`).toUTCString() }
}

export const wayCells: readonly Cell[] = [
  {
    step: 'other ways',
    fault: 'the constant name brings the next week',
    arrange({ offer, page, publisher, week }) {
      offer(1)
      page(down)
      publisher.answer(LATEST, bytes(week(1).text, modified(week(1))))
    },
    outcome: 'published',
    degraded: true,
    says: /"degraded":"details-page: .*answered 503.*"strategy":"latest-name"/,
  },
  {
    step: 'other ways',
    fault: 'a dated name brings the next week',
    arrange({ offer, page }) {
      offer(1)
      page(down)
    },
    outcome: 'published',
    degraded: true,
    says: /"degraded":"details-page: .*answered 503.*"strategy":"dated-name"/,
  },
  {
    step: 'other ways',
    fault: 'the published file has changed',
    arrange({ page, publisher, file, week }) {
      page(down)
      publisher.answer(file(0), bytes(week(1).text))
    },
    outcome: 'published',
    degraded: true,
    says: /"degraded":"details-page: .*answered 503.*"strategy":"last-good-link"/,
  },
  {
    step: 'other ways',
    fault: 'the mirror brings the next week',
    arrange({ everywhere, mirror, week, file, pageOf }) {
      everywhere(down)
      mirror.answer(PAGE, bytes(pageOf(1)))
      mirror.answer(file(1), bytes(week(1).text))
    },
    outcome: 'published',
    degraded: true,
    says: /"degraded":"details-page: .*answered 503.*"strategy":"mirror"/,
  },
  {
    step: 'other ways',
    fault: 'none works, the mirror is a page of HTML',
    arrange({ everywhere, mirror, file, pageOf }) {
      everywhere(down)
      mirror.answer(PAGE, bytes(pageOf(1)))
      mirror.answer(file(1), bytes('<html>', { 'content-type': 'text/html' }))
    },
    outcome: 'failed',
    says: /answered 503.*4 other ways failed too: .*, mirror"/,
  },
  {
    step: 'other ways',
    fault: 'the constant name is a page of HTML',
    arrange({ page, publisher }) {
      page(down)
      publisher.answer(LATEST, bytes('<html>', { 'content-type': 'text/html' }))
    },
    outcome: 'unchanged',
    degraded: true,
    says: /"degraded":"details-page: .*answered 503.*"strategy":"last-good-link"/,
  },
  {
    step: 'other ways',
    fault: 'the constant name is half a file',
    arrange({ page, publisher, week }) {
      page(down)
      publisher.answer(LATEST, bytes(week(1).text.slice(0, 5000), modified(week(1))))
    },
    outcome: 'refused',
    degraded: true,
    says: /ServiceTags_Public_Latest\.json.*not JSON: /,
  },
  {
    step: 'other ways',
    fault: 'the constant name is an old file that says so',
    arrange({ page, publisher, week }) {
      page(down)
      publisher.answer(LATEST, bytes(week(-1).text, modified(week(-1))))
    },
    outcome: 'unchanged',
    degraded: true,
    says: /last modified on .*"strategy":"last-good-link"/,
  },
  {
    step: 'other ways',
    fault: 'the constant name is an old file without a date',
    arrange({ page, publisher, week }) {
      page(down)
      publisher.answer(LATEST, bytes(week(-1).text))
    },
    outcome: 'held',
    degraded: true,
    says: /says no date, and its change number \d+ is lower than \d+/,
  },
]
