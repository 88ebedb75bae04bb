/** The weekly report as shown to programs: everything, where the pages show the first of it. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { CoverageChange } from '../core/diff.ts'
import { CLOUD_STATES } from '../history/overview.ts'
import type { ChangedTag, ChangeFacts } from '../history/published-changes.ts'
import type {
  CloudWeek,
  Due,
  ListWeek,
  PublicationOfWeek,
  PublishedSide,
  WeeklyReport,
} from '../report/contract.ts'
import { dayText, lastDayOf } from '../report/week.ts'
import { RUN_OUTCOMES } from '../store/contract.ts'
import type { DeviceCheck } from '../store/telling-contract.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'
import { holdShape, holdView } from './hold.ts'
import { publicationShape, publicationView } from './publication.ts'

const cloud = z.enum(CLOUDS)
const count = z.int().nonnegative()
const coverageShape = z.object({ gained: addressCountsShape, lost: addressCountsShape })

const sideShape = z.object({
  serial: z.int().positive().describe('Of the publication'),
  snapshot: z.string(),
  fileDate: z.iso.date(),
})

const factsShape = z
  .object({
    prefixesAdded: count,
    prefixesRemoved: count,
    coverage: coverageShape.describe('Of all tags together'),
    earliestUse: z.iso.date().nullable(),
    tags: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(['added', 'removed', 'changed']),
          prefixesAdded: count,
          prefixesRemoved: count,
          coverage: coverageShape,
          earliestUse: z.iso.date().nullable(),
        }),
      )
      .describe('Tags that differ; those that move the most addresses first'),
  })
  .meta({ id: 'PublishedChange', description: 'What devices got more or less of' })

const cloudWeekShape = z.object({
  cloud,
  state: z.enum(CLOUD_STATES).describe('When the report was made, as are the next four'),
  ageInDays: z.int().nullable(),
  published: sideShape.nullable(),
  waiting: z.array(z.int()).describe('Ids of holds that wait for a person'),
  rollback: z
    .object({
      snapshot: z.string(),
      fileDate: z.iso.date(),
      since: z.iso.datetime(),
      until: z.iso.datetime().nullable(),
      by: z.string(),
      reason: z.string(),
    })
    .nullable(),
  atBegin: sideShape.nullable().describe('Handed out when the week began'),
  atEnd: sideShape.nullable().describe('Handed out when it ended'),
  net: factsShape.nullable().describe('Between the two; null where there is nothing to compare'),
  publications: z
    .array(
      z.object({
        publication: publicationShape,
        change: factsShape.nullable().describe('Null for the first of the cloud'),
      }),
    )
    .describe('Oldest first'),
  rollbacks: z
    .array(
      z.object({
        publication: publicationShape,
        fileDate: z.iso.date(),
        endedAt: z.iso.datetime().nullable(),
      }),
    )
    .describe('In force at some time of the week'),
  holds: z.array(holdShape).describe('Held or decided in the week, or waiting'),
  runs: z.object({
    outcomes: z.record(z.enum(RUN_OUTCOMES), count),
    whole: z.boolean().describe('False if there were more runs since than are looked through'),
  }),
})

const listWeekShape = z.object({
  allowlist: z.string(),
  cloud,
  serialBefore: z.int().nullable().describe('Null for a list that began in the week'),
  serialAfter: z.int(),
  versions: z.int().positive(),
  coverage: coverageShape.nullable().describe('Null where what it admitted was not kept'),
  namesAdded: z.array(z.string()).nullable(),
  namesRemoved: z.array(z.string()).nullable(),
})

const dueShape = z.object({
  leaving: z.array(
    z.object({
      allowlist: z.string(),
      cloud,
      lastDay: z.iso.date(),
      networks: count,
      addresses: addressCountsShape,
    }),
  ),
  earliestUses: z.array(z.object({ cloud, day: z.iso.date(), tags: z.array(z.string()) })),
  rollbacks: z.array(
    z.object({
      cloud,
      snapshot: z.string(),
      until: z.iso.datetime(),
      by: z.string(),
      reason: z.string(),
    }),
  ),
})

const driftShape = z.object({ addresses: addressCountsShape, names: count })

const deviceShape = z.object({
  allowlist: z.string(),
  device: z.string(),
  checkedAt: z.iso.datetime(),
  inStep: z.boolean(),
  missing: driftShape,
  extra: driftShape,
  stale: driftShape,
})

export const reportShape = z
  .object({
    week: z.string().describe('`2025-W44`'),
    from: z.iso.date().describe('Monday'),
    to: z.iso.date().describe('Sunday, the last day of it'),
    complete: z.boolean().describe('False for the week that is not over yet'),
    madeAt: z.iso.datetime(),
    clouds: z.array(cloudWeekShape),
    allowlists: z.array(listWeekShape).describe('Those that came to admit something else'),
    due: dueShape.describe('What the next fourteen days bring by themselves'),
    devices: z.array(deviceShape).nullable().describe('Null where devices are not checked'),
  })
  .meta({ id: 'WeeklyReport' })

export type ReportView = z.infer<typeof reportShape>

export function reportView(report: WeeklyReport): ReportView {
  const { week, isComplete, madeAt, clouds, lists, due, devices } = report
  return {
    week: week.text,
    from: dayText(week.from),
    to: lastDayOf(week),
    complete: isComplete,
    madeAt: madeAt.toISOString(),
    clouds: clouds.map(cloudWeekView),
    allowlists: lists.map(listWeekView),
    due: dueView(due),
    devices: devices?.map(deviceView) ?? null,
  }
}

function cloudWeekView(week: CloudWeek): z.infer<typeof cloudWeekShape> {
  const { published, rollback, atBegin, atEnd, net, runs } = week
  return {
    cloud: week.cloud,
    state: week.state,
    ageInDays: week.ageInDays ?? null,
    published: published ? sideView(published) : null,
    waiting: [...week.waiting],
    rollback: rollback
      ? {
          ...rollback,
          since: rollback.since.toISOString(),
          until: rollback.until?.toISOString() ?? null,
        }
      : null,
    atBegin: atBegin ? sideView(atBegin) : null,
    atEnd: atEnd ? sideView(atEnd) : null,
    net: net?.facts ? factsView(net.facts) : null,
    publications: week.publications.map(publicationOfWeekView),
    rollbacks: week.rollbacks.map(({ publication, record, endedAt }) => ({
      publication: publicationView(publication),
      fileDate: record.fileDate,
      endedAt: endedAt?.toISOString() ?? null,
    })),
    holds: week.holds.map(holdView),
    runs: { outcomes: runs.outcomes, whole: runs.isWhole },
  }
}

function sideView({ serial, record }: PublishedSide): z.infer<typeof sideShape> {
  return { serial, snapshot: record.id, fileDate: record.fileDate }
}

function publicationOfWeekView({ publication, change }: PublicationOfWeek) {
  return {
    publication: publicationView(publication),
    change: change.facts ? factsView(change.facts) : null,
  }
}

function factsView({ coverage, earliestUse, tags, ...counts }: ChangeFacts) {
  return {
    ...counts,
    coverage: coverageView(coverage),
    earliestUse: earliestUse ?? null,
    tags: tags.map(tagView),
  }
}

function tagView({ coverage, earliestUse, ...tag }: ChangedTag) {
  return { ...tag, coverage: coverageView(coverage), earliestUse: earliestUse ?? null }
}

function coverageView({ gained, lost }: CoverageChange): z.infer<typeof coverageShape> {
  return { gained: addressCountsView(gained), lost: addressCountsView(lost) }
}

function listWeekView({ list, net, serialBefore, ...counts }: ListWeek) {
  return {
    allowlist: list,
    ...counts,
    serialBefore: serialBefore ?? null,
    coverage: net ? coverageView(net.coverage) : null,
    namesAdded: net ? [...net.namesAdded] : null,
    namesRemoved: net ? [...net.namesRemoved] : null,
  }
}

function dueView({ leaving, uses, rollbacks }: Due): z.infer<typeof dueShape> {
  return {
    leaving: leaving.map(({ list, addresses, ...due }) => {
      return { allowlist: list, ...due, addresses: addressCountsView(addresses) }
    }),
    earliestUses: uses.map(({ tags, ...use }) => ({ ...use, tags: [...tags] })),
    rollbacks: rollbacks.map(({ until, ...end }) => ({ ...end, until: until.toISOString() })),
  }
}

function deviceView(check: DeviceCheck): z.infer<typeof deviceShape> {
  const { allowlist, device, checkedAt, inStep, missing, extra, stale } = check
  return {
    allowlist,
    device,
    checkedAt: checkedAt.toISOString(),
    inStep,
    missing: driftView(missing),
    extra: driftView(extra),
    stale: driftView(stale),
  }
}

/** IPv4 counts are numbers everywhere in the API; the store keeps both as text. */
function driftView({ ipv4, ipv6, names }: DeviceCheck['missing']): z.infer<typeof driftShape> {
  return { addresses: { ipv4: Number(ipv4), ipv6 }, names }
}
