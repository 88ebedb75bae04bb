/** The words of headlines, type by type. */
import { amount, counted, grouped } from '../core/guard-reasons.ts'
import type { PublicationKind } from '../store/contract.ts'
import type { EventBody, EventData } from './event.ts'
import {
  inTitle,
  movedFacts,
  namesLine,
  signed,
  some,
  textLine,
  totalOf,
  type Fact,
} from './wording.ts'

/** How much it matters to whoever reads it. */
export type Severity = 'info' | 'good' | 'warning'

/** Absolute, or a path where no public URL is configured. */
interface Link {
  readonly title: string
  readonly to: string
}

/** Before anything is shortened; facts and lines that are empty are to be left out. */
interface Parts {
  readonly title: string
  readonly severity: Severity
  readonly facts?: readonly Fact[]
  readonly lines?: readonly string[]
  readonly links: readonly Link[]
}

/** What each type of body says. */
export function partsOf(body: EventBody): Parts {
  switch (body.type) {
    case 'ranges.changed':
      return rangesChanged(body.data)
    case 'allowlist.changed':
      return allowlistChanged(body.data)
    case 'sync.held':
      return syncHeld(body.data)
    case 'sync.refused':
      return syncRefused(body.data)
    case 'source.quiet':
      return { ...source(body.data), title: `${body.data.cloud}: no newer file${ageOf(body.data)}` }
    case 'source.failing':
      return { ...source(body.data), title: `${body.data.cloud}: newer files cannot be fetched` }
    case 'source.recovered':
      return {
        ...source(body.data),
        title: `${body.data.cloud}: the source is back`,
        severity: 'good',
      }
    case 'drift.detected':
      return driftDetected(body.data)
    case 'webhook.disabled':
      return webhookDisabled(body.data)
    case 'report.weekly': {
      const { week, from, to, lines, links } = body.data
      return {
        title: `Week ${week}: ${from} to ${to}`,
        severity: 'info',
        lines,
        links: [{ title: 'Report', to: links.report }],
      }
    }
    case 'webhook.test': {
      const { webhook, text } = body.data
      return {
        title: 'Test message',
        severity: 'info',
        facts: [{ name: 'Webhook', value: webhook }],
        lines: [text],
        links: [],
      }
    }
  }
}

const PUBLISHED: Readonly<Record<PublicationKind, string>> = {
  sync: 'ranges changed',
  import: 'ranges changed',
  approval: 'ranges changed, approved by a person',
  additions: 'additions of a held file handed out',
  rejection: 'additions of a held file taken back',
  rollback: 'went back to an earlier file',
  release: 'rollback ended',
  purge: 'removed addresses leave every list now',
}

function rangesChanged(data: EventData<'ranges.changed'>): Parts {
  const { cloud, kind, from, to, counts, links } = data
  const { tagsAdded, tagsRemoved, tagsChanged, prefixesAdded, prefixesRemoved } = counts
  return {
    title: `${cloud}: ${from === null ? 'first ranges published' : PUBLISHED[kind]} (${to.fileDate})`,
    severity: kind === 'rollback' ? 'warning' : 'info',
    facts: [
      ...movedFacts(data.coverage),
      { name: 'Prefixes', value: signed(grouped(prefixesAdded), grouped(prefixesRemoved)) },
      {
        name: 'Tags',
        value: some([
          [tagsAdded, 'added'],
          [tagsRemoved, 'removed'],
          [tagsChanged, 'changed'],
        ]),
      },
      {
        name: 'Snapshot',
        value: from === null ? to.snapshot : `${to.snapshot}, before: ${from.snapshot}`,
      },
      { name: 'In use from', value: data.earliestUse ?? '' },
      { name: 'Published by', value: data.publishedBy },
    ],
    lines: [namesLine('Tags', data.tags), textLine('Reason', data.reason)],
    links: [
      { title: 'Changes', to: links.changes },
      { title: 'Snapshot', to: links.snapshot },
    ],
  }
}

function allowlistChanged(data: EventData<'allowlist.changed'>): Parts {
  return {
    title: `${inTitle(data.allowlist)}: the list changed`,
    severity: 'info',
    facts: [
      ...movedFacts(data.coverage),
      { name: 'Allowlist', value: data.allowlist },
      { name: 'Cloud', value: data.cloud },
      { name: 'Serial', value: grouped(data.serial) },
      { name: 'Snapshot', value: data.snapshot },
    ],
    lines: [
      namesLine('Names added', data.names.added),
      namesLine('Names removed', data.names.removed),
    ],
    links: [{ title: 'Allowlist', to: data.links.allowlist }],
  }
}

function syncHeld(data: EventData<'sync.held'>): Parts {
  return {
    title: `${data.cloud}: the file of ${data.fileDate} is held for a person`,
    severity: 'warning',
    facts: [...movedFacts(data.coverage), { name: 'Hold', value: String(data.hold) }],
    lines: data.reasons,
    links: [{ title: 'Hold', to: data.links.hold }],
  }
}

function syncRefused(data: EventData<'sync.refused'>): Parts {
  const lines = data.refusals.map(({ path, value, reason }) =>
    `${path} "${value}": ${reason}`.trimStart(),
  )
  const more = data.more > 0 ? [`… and ${counted(data.more, 'more reason')}`] : []
  return {
    title: `${data.cloud}: a file is refused`,
    severity: 'warning',
    facts: [
      { name: 'Run', value: data.run },
      { name: 'File', value: data.url ?? '' },
    ],
    lines: [...lines, ...more],
    links: [{ title: 'Run', to: data.links.run }],
  }
}

type SourceData = EventData<'source.quiet'>

/** All but the title. */
function source({ state, newestFileDate, lastSuccessAt, links }: SourceData): Omit<Parts, 'title'> {
  return {
    severity: 'warning',
    facts: [
      { name: 'State', value: state },
      { name: 'Newest file', value: newestFileDate ?? 'none' },
      { name: 'Last success', value: lastSuccessAt ?? 'none' },
    ],
    links: [{ title: 'Runs', to: links.runs }],
  }
}

function ageOf({ ageInDays }: SourceData): string {
  return ageInDays === null ? '' : ` for ${counted(ageInDays, 'day')}`
}

type Drift = EventData<'drift.detected'>['missing']

function driftDetected(data: EventData<'drift.detected'>): Parts {
  const parts = [
    ['Missing', data.missing],
    ['Extra', data.extra],
    ['Stale', data.stale],
  ] as const
  return {
    title: `${inTitle(data.device)} differs from ${inTitle(data.allowlist)}`,
    severity: 'warning',
    facts: [
      ...parts.map(([name, drift]) => ({ name, value: driftOf(drift) })),
      { name: 'Device', value: data.device },
      { name: 'Allowlist', value: data.allowlist },
      { name: 'Cloud', value: data.cloud },
      { name: 'Serial', value: grouped(data.serial) },
    ],
    lines: parts.flatMap(([name, { networks, names }]) => [
      namesLine(`${name} networks`, networks),
      namesLine(`${name} names`, names),
    ]),
    links: [{ title: 'Allowlist', to: data.links.allowlist }],
  }
}

function driftOf({ addresses: { ipv4, ipv6 }, names }: Drift): string {
  const v6 = BigInt(ipv6)
  const parts = [
    ipv4 > 0 ? `${grouped(ipv4)} IPv4` : '',
    v6 > 0n ? `${amount(6, v6)} IPv6` : '',
    totalOf(names) > 0 ? counted(totalOf(names), 'name') : '',
  ]
  return parts.filter((part) => part !== '').join(', ') || 'nothing'
}

function webhookDisabled(data: EventData<'webhook.disabled'>): Parts {
  return {
    title: `Webhook disabled: ${inTitle(data.origin)}`,
    severity: 'warning',
    facts: [
      { name: 'Webhook', value: data.webhook },
      { name: 'Waiting', value: counted(data.waiting, 'delivery', 'deliveries') },
    ],
    lines: [textLine('Reason', data.reason)],
    links: [{ title: 'Webhook', to: data.links.webhook }],
  }
}
