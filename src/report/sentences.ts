/** Sentences that the whole report and its short form share. */
import { counted, grouped } from '../core/guard-reasons.ts'
import type { CloudState } from '../history/overview.ts'
import { RUN_OUTCOMES } from '../store/contract.ts'
import type { DeviceCheck, DriftCounts } from '../store/telling-contract.ts'
import type {
  CloudWeek,
  Due,
  ListWeek,
  PublishedSide,
  RunsOfWeek,
  WeeklyReport,
} from './contract.ts'
import { familyAmount, factsText, listedNames, minuteText, movedText, oneLine } from './wording.ts'

const MOST_NAMES = 10

/** What asks for somebody, worst first; nothing in an ordinary week. */
export function attentionTexts({ clouds, devices }: WeeklyReport): string[] {
  const drifting = devices?.filter(({ inStep }) => !inStep) ?? []
  return [...clouds.flatMap(cloudAttention), ...driftAttention(drifting)]
}

/** What a state says to somebody who has to act; undefined for one that is as it should be. */
const ALARMS: Readonly<Record<CloudState, string | undefined>> = {
  empty: 'nothing is published',
  'cannot-fetch': 'nobody could be asked for a newer file for more than 36 hours',
  'source-quiet': 'the publisher has had no newer file for more than 25 days',
  held: undefined, // each hold is told
  retired: undefined,
  current: undefined,
}

function cloudAttention({ cloud, state, holds, rollback, runs }: CloudWeek): string[] {
  const alarm = ALARMS[state]
  const waiting = holds.filter((hold) => hold.state === 'waiting')
  const { refused, failed } = runs.outcomes
  return [
    ...(alarm === undefined ? [] : [alarm]),
    ...waiting.map(({ id, fileDate, createdAt, reasons }) => {
      const why = reasons[0] ? `: ${oneLine(reasons[0].text)}` : ''
      return `hold ${id}, the file of ${fileDate}, waits for a decision since ${minuteText(createdAt)}${why}`
    }),
    ...(rollback
      ? [
          `rolled back to the file of ${rollback.fileDate} since ${minuteText(rollback.since)} ` +
            `by ${oneLine(rollback.by)}: ${oneLine(rollback.reason)}`,
        ]
      : []),
    ...(refused > 0 ? [`${counted(refused, 'run')} of the week refused a document`] : []),
    ...(failed > 0 ? [`${counted(failed, 'run')} of the week failed`] : []),
  ].map((words) => `${cloud}: ${words}`)
}

function driftAttention(drifting: readonly DeviceCheck[]): string[] {
  if (drifting.length === 0) return []
  const names = drifting.map(({ device, allowlist }) => `${device} (${allowlist})`)
  const what = drifting.length === 1 ? 'device is' : 'devices are'
  return [`${grouped(drifting.length)} ${what} not in step: ${listedNames(names, MOST_NAMES)}`]
}

/** What came of the week, from its begin to its end. */
export function netText({ atBegin, atEnd, net }: CloudWeek): string {
  if (!atEnd) return 'nothing was handed out'
  if (!atBegin) return `handed out for the first time: ${sideText(atEnd)}`
  if (atBegin.serial === atEnd.serial) return `nothing was published, ${sideText(atEnd)} stayed`
  const from = `from ${sideText(atBegin)} to ${sideText(atEnd)}`
  return net?.facts ? `${from}: ${factsText(net.facts)}` : from
}

/** How things stand when the report is made. */
export function stateText({ state, published, ageInDays }: CloudWeek): string {
  const what = published ? `${sideText(published)} is handed out` : 'nothing is handed out'
  const age =
    ageInDays === undefined ? '' : `, the newest file seen is ${counted(ageInDays, 'day')} old`
  return `${state}, ${what}${age}`
}

function sideText({ serial, record }: PublishedSide): string {
  return `the file of ${record.fileDate} (serial ${serial})`
}

/** `28 runs: 3 published, 24 unchanged, 1 failed` */
export function runsText({ outcomes, isWhole }: RunsOfWeek): string {
  const counts = RUN_OUTCOMES.filter((outcome) => outcomes[outcome] > 0)
  const all = counts.reduce((sum, outcome) => sum + outcomes[outcome], 0)
  const parts = counts.map((outcome) => `${grouped(outcomes[outcome])} ${outcome}`)
  const more = isWhole ? '' : ', and earlier ones that are not looked through'
  return `${counted(all, 'run')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${more}`
}

/** `app-proxy-ip: +1,024 -256 IPv4 addresses, 1 name added` */
export function listText({ list, net, serialBefore }: ListWeek): string {
  if (!net) return `${list}: changed, what it admitted before was not kept`
  const { coverage, namesAdded, namesRemoved } = net
  const names = [
    ...(namesAdded.length > 0 ? [`${counted(namesAdded.length, 'name')} added`] : []),
    ...(namesRemoved.length > 0 ? [`${counted(namesRemoved.length, 'name')} removed`] : []),
  ]
  const began = serialBefore === undefined ? 'new, ' : ''
  return `${list}: ${began}${[movedText(coverage), ...names].join(', ')}`
}

/** What is due beside the networks that leave lists. */
export function dueTexts({ uses, rollbacks }: Due): string[] {
  return [
    ...rollbacks.map(({ cloud, until, snapshot, by, reason }) => {
      const why = `${oneLine(by)}: ${oneLine(reason)}`
      return `${cloud}: the rollback to ${snapshot} ends ${minuteText(until)} UTC (${why})`
    }),
    ...uses.map(({ cloud, day, tags }) => {
      return `${cloud}: from ${day} on Azure may use what was added to ${listedNames(tags, MOST_NAMES)}`
    }),
  ]
}

/** What a device has too much or too little; empty for nothing. */
export function driftText({ ipv4, ipv6, names }: DriftCounts): string {
  const parts = [
    ...(ipv4 === '0' ? [] : [`${familyAmount(4, BigInt(ipv4))} IPv4`]),
    ...(ipv6 === '0' ? [] : [`${familyAmount(6, BigInt(ipv6))} IPv6`]),
    ...(names === 0 ? [] : [counted(names, 'name')]),
  ]
  return parts.join(', ')
}
