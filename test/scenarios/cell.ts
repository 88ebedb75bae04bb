/** What a cell of the fault matrix is, and the steps that faults happen at. */
import type { RunOutcomeKind } from '../../src/store/contract.ts'
import type { Door } from '../support/faults.ts'
import type { WeeklyDocument } from '../support/feed.ts'
import { filePath, pagePath, type Behaviour, type Publisher } from '../support/publisher.ts'

/**
 * The page that links the file, the file, every way to a file at once, the ways that are left when
 * the page is down, and what was published before.
 */
export const STEPS = ['page', 'file', 'everywhere', 'other ways', 'history'] as const

export type Step = (typeof STEPS)[number]

/** One fault, and what has to come of it. Weeks are counted from the one that is published. */
export interface Cell {
  readonly step: Step
  readonly fault: string
  /** Makes the publisher do it; the file that is published is on offer as before. */
  readonly arrange: (stage: Stage) => void | Promise<void>
  /** Of the run that meets it. `published` is for what has to be accepted: the lists move. */
  readonly outcome: RunOutcomeKind
  /** Matches the run's record (its detail, as JSON), which explains the outcome. */
  readonly says: RegExp
  /** Another way than the page brought what there is, and the record says what the page did. */
  readonly degraded?: true
  /** The lists move although the week is held: what it adds is published at once. */
  readonly adds?: true
}

/** `file: 503` */
export function titleOf({ step, fault }: Cell): string {
  return `${step}: ${fault}`
}

/** Where a cell's fault happens. */
export interface Stage {
  readonly publisher: Publisher
  /** Another host: it must not be asked for anything. */
  readonly elsewhere: Publisher
  /** As in RANGEWARDEN_MIRROR_URL: asked when all else has failed. It has nothing to begin with. */
  readonly mirror: Publisher
  /** The way to the publisher, which can be shut. */
  readonly door: Door
  /** 0 is published, 1 is the next, which says something new, -1 is history. */
  week(i: number): WeeklyDocument
  /** Path of a week's file. */
  file(i: number): string
  /** A page that links a week's file. */
  pageOf(i: number): string
  /** The page links this week's file, which answers well or so; the clock is four days later. */
  offer(i: number, behaviour?: Behaviour): void
  /** The page answers so. */
  page(behaviour: Behaviour): void
  /** Every way to the published file and the next answers so. */
  everywhere(behaviour: Behaviour): void
}

export const PAGE = pagePath('Public')

/** The name that is the same every week. */
export const LATEST = filePath('Public', 'Latest')

/** The page fails: the other ways find nothing new, and that the page failed is said. */
export function atPage(fault: string, behaviour: Behaviour, says: RegExp): Cell {
  return {
    step: 'page',
    fault,
    arrange: ({ page }) => page(behaviour),
    outcome: 'unchanged',
    degraded: true,
    says: new RegExp(`"degraded":"details-page: .*${says.source}`),
  }
}

/** Of a stage, to whatever it is. */
export type On<T> = (stage: Stage) => T

/** The file fails that the page links: that the published one is still there is no comfort. */
export function atFile(
  fault: string,
  behaviour: On<Behaviour>,
  outcome: 'failed' | 'refused' | 'held',
  says: RegExp,
): Cell {
  const arrange = (stage: Stage): void => stage.offer(1, behaviour(stage))
  return { step: 'file', fault, arrange, outcome, says }
}

/** The file is odd, and nothing is wrong with it. */
export function acceptedFile(fault: string, behaviour: On<Behaviour>): Cell {
  const arrange = (stage: Stage): void => stage.offer(1, behaviour(stage))
  return { step: 'file', fault, arrange, outcome: 'published', says: BY_PAGE }
}

/** The page named it. */
export const BY_PAGE = /"strategy":"details-page"/

/** Text of the next week's file. */
export const nextText: On<string> = ({ week }) => week(1).text
