/** The weekly report as text for people: first what asks for somebody, then cloud by cloud. */
import { counted, grouped } from '../core/guard-reasons.ts'
import type { ChangedTag } from '../history/published-changes.ts'
import type { Hold } from '../store/contract.ts'
import type { DeviceCheck } from '../store/telling-contract.ts'
import { heading, list, table, text, type Block } from './blocks.ts'
import type { CloudWeek, ListWeek, WeeklyReport } from './contract.ts'
import { attentionTexts, driftText, dueTexts, netText, runsText, stateText } from './sentences.ts'
import { AMOUNT_TITLES, amountCells, tagTable } from './tag-table.ts'
import { dayText, lastDayOf } from './week.ts'
import {
  factsText,
  familyAmount,
  listedNames,
  minuteText,
  publicationText,
  tagCountsText,
} from './wording.ts'

/** Rows of a table and names of a list that are shown; the JSON has them all. */
const MOST_ROWS = 50
const MOST_TAGS = 20
const MOST_NAMES = 10

export function titleOf({ week }: WeeklyReport): string {
  return `Rangewarden: week ${week.text}`
}

export function reportBlocks(report: WeeklyReport): Block[] {
  const attention = attentionTexts(report)
  return [
    heading(1, titleOf(report)),
    text(timeText(report)),
    ...(attention.length > 0 ? [heading(2, 'Needs somebody'), ...list(attention, true)] : []),
    ...report.clouds.flatMap(cloudBlocks),
    heading(2, 'Allowlists'),
    ...listBlocks(report.lists),
    heading(2, 'Due'),
    ...dueBlocks(report),
    ...(report.devices ? [heading(2, 'Devices'), ...deviceBlocks(report.devices)] : []),
  ]
}

function timeText({ week, isComplete, madeAt }: WeeklyReport): string {
  const days = `Monday ${dayText(week.from)} to Sunday ${lastDayOf(week)} (UTC)`
  const state = isComplete ? '' : ', a week that is not over yet'
  return `${days}${state}. Made ${minuteText(madeAt)} UTC.`
}

function cloudBlocks(week: CloudWeek): Block[] {
  return [
    heading(2, week.cloud),
    text(`In the week: ${netText(week)}. ${runsText(week.runs)}.`),
    text(`When this was made: ${stateText(week)}.`),
    ...publicationBlocks(week),
    ...tagBlocks(week.net?.facts?.tags ?? []),
    ...holdBlocks(week.holds),
    ...rollbackBlocks(week),
  ]
}

function publicationBlocks({ publications }: CloudWeek): Block[] {
  const rows = publications.map(({ publication, change }) => [
    minuteText(publication.publishedAt),
    String(publication.serial),
    change.to.fileDate,
    change.facts ? factsText(change.facts) : 'the first one',
    publicationText(publication),
  ])
  const titles = ['Published (UTC)', 'Serial>', 'File', 'What it changed', 'How and why']
  return headed('Publications', table(titles, rows, MOST_ROWS))
}

function tagBlocks(tags: readonly ChangedTag[]): Block[] {
  const shown = tagTable(tags, MOST_TAGS)
  if (shown.length === 0) return []
  return headed('Service tags that moved most', [text(`${tagCountsText(tags)}.`), ...shown])
}

function holdBlocks(holds: readonly Hold[]): Block[] {
  const rows = holds.map(({ id, fileDate, state, createdAt, reasons, decision }) => [
    String(id),
    fileDate,
    state,
    minuteText(createdAt),
    reasons.map((reason) => reason.text).join('; '),
    decision ? `${minuteText(decision.at)}, ${decision.by}: ${decision.reason}` : '',
  ])
  const titles = ['Hold>', 'File', 'State', 'Since (UTC)', 'Why', 'Decided (UTC), by whom and why']
  return headed('Held files', table(titles, rows, MOST_ROWS))
}

function rollbackBlocks({ rollbacks }: CloudWeek): Block[] {
  const items = rollbacks.map(({ publication, record, endedAt }) => {
    const end = endedAt ? `ended ${minuteText(endedAt)}` : 'still in force'
    const what = `To the file of ${record.fileDate} since ${minuteText(publication.publishedAt)}`
    return `${what}, ${end}: ${publicationText(publication)}`
  })
  return headed('Rollbacks and pins', list(items))
}

function listBlocks(lists: readonly ListWeek[]): Block[] {
  if (lists.length === 0) return [text('No allowlist came to admit anything else.')]
  const rows = lists.map(({ list: name, serialBefore, serialAfter, versions, net }) => [
    name,
    serialBefore === undefined ? `new, ${serialAfter}` : `${serialBefore} to ${serialAfter}`,
    grouped(versions),
    ...(net ? amountCells(net.coverage) : ['not kept', 'not kept', 'not kept', 'not kept']),
    net ? listedNames(net.namesAdded, MOST_NAMES) : 'not kept',
    net ? listedNames(net.namesRemoved, MOST_NAMES) : 'not kept',
  ])
  const titles = ['Allowlist', 'Serial', 'Versions>', ...AMOUNT_TITLES]
  return [
    text('What they admit, networks in grace included.'),
    ...table([...titles, 'Names +', 'Names -'], rows, MOST_ROWS),
  ]
}

function dueBlocks({ due }: WeeklyReport): Block[] {
  const leaving = due.leaving.map(({ lastDay, list: name, networks, addresses }) => [
    lastDay,
    name,
    grouped(networks),
    familyAmount(4, addresses[4]),
    familyAmount(6, addresses[6]),
  ])
  const items = dueTexts(due)
  if (leaving.length + items.length === 0) return [text('Nothing in the next days.')]
  return [
    ...list(items),
    ...headed(
      'Networks that leave, with their last day',
      table(['Last day', 'Allowlist', 'Networks>', 'IPv4>', 'IPv6>'], leaving, MOST_ROWS),
    ),
  ]
}

function deviceBlocks(devices: readonly DeviceCheck[]): Block[] {
  const drifting = devices.filter(({ inStep }) => !inStep)
  const inStep = devices.length - drifting.length
  const rows = drifting.map(({ device, allowlist, checkedAt, missing, extra, stale }) => [
    device,
    allowlist,
    minuteText(checkedAt),
    driftText(missing),
    driftText(extra),
    driftText(stale),
  ])
  const titles = ['Device', 'Allowlist', 'Checked (UTC)', 'Missing', 'Extra', 'Stale']
  return [
    text(`${counted(devices.length, 'device')} checked, ${grouped(inStep)} in step.`),
    ...table(titles, rows, MOST_ROWS),
  ]
}

function headed(title: string, blocks: readonly Block[]): Block[] {
  return blocks.length > 0 ? [heading(3, title), ...blocks] : []
}
