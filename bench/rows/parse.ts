/**
 * A week's intake, from bytes to verdict and diff, against the JSON reader that it contains: what
 * the checks, the interning, the hashes and the comparison cost on top.
 */
import { hash } from 'node:crypto'
import { diffSnapshots } from '../../src/core/diff.ts'
import { judge, policies, type Candidate } from '../../src/core/guard.ts'
import { parseServiceTags } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import type { BenchRow } from '../contract.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks, type Week } from '../weeks.ts'

export const parse: BenchRow = {
  name:
    `Parse, validate, intern, hash, judge and diff the newest ${KIND_OF_FILE} Public file against ` +
    'its predecessor in memory; reference: JSON.parse of the same bytes',
  unit: 'ms',
  target: { of: 'ratio', atMost: 6 },

  measure: async () => {
    const [before, after] = newestWeeks(2)
    if (!before || !after) throw new Error('two weeks are needed')
    const current = read(before)
    return medianTimes({
      reference: () => JSON.parse(after.bytes.toString('utf8')) as unknown,
      ours: () => {
        const candidate = read(after, current.snapshot)
        const diff = diffSnapshots(current.snapshot, candidate.snapshot)
        if (diff.isEmpty) throw new Error('a quiet week measures nothing')
        const facts = {
          cloud: 'Public',
          candidate,
          notAfter: after.fileDate,
          namedTags: NAMED_TAGS,
          current: { ...current, newestFileDate: current.fileDate, diff },
        } as const
        const verdict = judge(facts, policies.cautious)
        if (verdict.kind === 'safe') return
        throw new Error(`not safe: ${verdict.reasons.map(({ text }) => text).join('; ')}`)
      },
    })
  },
}

/** As the built-in address list names them. */
const NAMED_TAGS = ['AzureActiveDirectory', 'AzureCloud', 'AzureFrontDoor.Frontend', 'ServiceBus']

function read({ fileDate, bytes }: Week, predecessor?: Snapshot): Candidate {
  const sha256 = (text: string): string => hash('sha256', text)
  const parsed = parseServiceTags(bytes.toString('utf8'), { sha256, predecessor })
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusals[0]?.reason ?? ''}`)
  return { snapshot: parsed.snapshot, fileDate }
}
