/** The report in short, as plain lines: what a chat channel or a ticket shows. */
import { grouped } from '../core/guard-reasons.ts'
import type { WeeklyReport } from './contract.ts'
import { attentionTexts, dueTexts, listText, netText, runsText, stateText } from './sentences.ts'
import { dayText, lastDayOf } from './week.ts'
import { familyAmount, oneLine } from './wording.ts'

export const MOST_LINES = 60
export const LONGEST_LINE = 200

/**
 * Never more than `MOST_LINES`, none longer than `LONGEST_LINE` characters, none empty. What asks for
 * somebody comes first; what has no room is counted in the last line.
 */
export function reportLines(report: WeeklyReport): string[] {
  const { week, clouds, lists, due } = report
  const lines = [
    `Week ${week.text}, ${dayText(week.from)} to ${lastDayOf(week)}`,
    ...attentionTexts(report).map((words) => `! ${words}`),
    ...clouds.flatMap((one) => [
      `${one.cloud}: ${netText(one)}`,
      `${one.cloud}: ${stateText(one)}; ${runsText(one.runs)}`,
    ]),
    ...(lists.length === 0 ? ['no allowlist came to admit anything else'] : lists.map(listText)),
    ...dueTexts(due),
    ...due.leaving.map(({ list, lastDay, addresses }) => {
      const [v4, v6] = [familyAmount(4, addresses[4]), familyAmount(6, addresses[6])]
      const amounts = [...(v4 === '' ? [] : [`${v4} IPv4`]), ...(v6 === '' ? [] : [`${v6} IPv6`])]
      return `${list}: ${amounts.join(', ')} leave on ${lastDay}`
    }),
  ]
  return withinRoom(lines).map(shortened)
}

function withinRoom(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines
  const shown = lines.slice(0, MOST_LINES - 1)
  return [...shown, `and ${grouped(lines.length - shown.length)} more lines: see the report`]
}

/** Counted as JavaScript counts; no character is cut in two. */
function shortened(text: string): string {
  const line = oneLine(text)
  if (line.length <= LONGEST_LINE) return line
  return `${oneLine(line.slice(0, LONGEST_LINE - 1)).replace(/\ufffd$/, '')}…`
}
