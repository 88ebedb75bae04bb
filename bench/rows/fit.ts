/** Fewest extra addresses for a number of entries: how many they are, and what it costs. */
import { hash } from 'node:crypto'
import { fit, type Fitted } from '../../src/core/fit.ts'
import { prefixOf, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { parseServiceTags } from '../../src/core/service-tags.ts'
import { seededRandom } from '../../test/support/random.ts'
import type { BenchRow } from '../contract.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

const ENTRIES = 242

export const fitShare: BenchRow = {
  name:
    `Extra addresses of AzureCloud IPv4 (newest ${KIND_OF_FILE} Public file) fitted to ` +
    `${ENTRIES} entries, in percent of those covered; its lossless cover has none`,
  unit: '%',
  target: { of: 'ours', atMost: 4.7 },

  measure: () => ({ ours: fitted(RangeSet.of(azureCloudIPv4())).extraPercent[4] }),
}

export const fitTime: BenchRow = {
  name:
    `Fit AzureCloud IPv4 (newest ${KIND_OF_FILE} Public file) to ${ENTRIES} entries; ` +
    'reference: collapse its prefixes to their lossless cover',
  unit: 'ms',
  target: { of: 'ratio', atMost: 50 },

  measure: () => {
    const prefixes = azureCloudIPv4()
    const set = RangeSet.of(prefixes)
    return medianTimes({
      reference: () => RangeSet.of(prefixes).prefixes(),
      ours: () => fitted(set),
    })
  },
}

const NETWORKS = 1_860

export const fitScaling: BenchRow = {
  name:
    `Fit ${10 * NETWORKS} scattered IPv4 networks to ${ENTRIES} entries; reference: ${NETWORKS} of ` +
    'them to as many (10 is linear, 100 quadratic)',
  unit: 'ms',
  target: { of: 'ratio', atMost: 20 },

  measure: () => {
    const [few, many] = [scattered(NETWORKS), scattered(10 * NETWORKS)]
    return medianTimes({ reference: () => fitted(few), ours: () => fitted(many) })
  },
}

/** /24 networks, none beside another, in the same space however many they are. */
function scattered(count: number): RangeSet {
  const random = seededRandom(7)
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(random.below(2 ** 17))
  return RangeSet.of([...chosen].map((place) => prefixOf(4, [0x14000000 + place * 512], 24)))
}

function fitted(set: RangeSet): Fitted {
  const result = fit(set, { entries: ENTRIES, mostExtraPercent: 1e6, never: RangeSet.empty })
  if (result.ok) return result.value
  throw new Error(result.refusal.reason)
}

function azureCloudIPv4(): Prefix[] {
  const [week] = newestWeeks(1)
  if (!week) throw new Error('a week is needed')
  const sha256 = (text: string): string => hash('sha256', text)
  const parsed = parseServiceTags(week.bytes.toString('utf8'), { sha256 })
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusals[0]?.reason ?? ''}`)
  const { prefixes = [] } = parsed.snapshot.tags.get('AzureCloud') ?? {}
  return prefixes.filter(({ family }) => family === 4)
}
