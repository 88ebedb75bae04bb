/**
 * Writing AzureCloud, both families, in every format that carries addresses, against joining the same
 * networks with newlines. Formats that compress or hash are left out: they are as fast as what they
 * call. `details` has the time with all checks, of which the one for ASCII reads every character.
 */
import { renderExport } from '../../exporters/check.ts'
import type { Exporter, ExportInput } from '../../exporters/contract.ts'
import { exporters } from '../../exporters/index.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { exportInput, optionsOf } from '../../test/support/export-input.ts'
import type { ListedRow, Measurement } from '../contract.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

/** Files of a round: one takes a fraction of a millisecond. */
const FILES = 20

const COMPRESS_OR_HASH = ['juniper-srx', 'checkpoint-gdc']

export const formatRows: readonly ListedRow[] = exporters
  .filter(({ name, carries }) => carries.includes('addresses') && !COMPRESS_OR_HASH.includes(name))
  .map((exporter) => ({
    group: 'formats',
    name: `as-${exporter.name}`,
    against: [],
    row: {
      name:
        `Write AzureCloud, both families, of the ${KIND_OF_FILE} Public file as ${exporter.name}, ` +
        `${FILES} times; reference: join the same networks with newlines`,
      unit: 'ms',
      target: { of: 'ratio', atMost: 3 },
      measure: () => compare(exporter),
    },
  }))

async function compare(exporter: Exporter): Promise<Measurement> {
  const input = { ...azureCloud(), options: optionsOf(exporter) }
  const times = await medianTimes(
    {
      ours: () => repeat(() => written(exporter, input)),
      checked: () => repeat(() => renderExport(exporter, input)),
      reference: () => repeat(() => input.prefixes.map(({ text }) => text).join('\n')),
    },
    { rounds: 51, warmUp: 20 },
  )
  const { ours, checked, reference, quartiles } = times
  return { ours, reference, quartiles, details: { 'ms with all checks': checked } }
}

function written(exporter: Exporter, input: ExportInput): string | Uint8Array {
  const file = exporter.render(input)
  return file instanceof Uint8Array ? file : [...file].join('')
}

function repeat(work: () => string | Uint8Array): number {
  let length = 0
  for (let i = 0; i < FILES; i++) length += work().length
  return length
}

let remembered: ExportInput | undefined

function azureCloud(): ExportInput {
  if (remembered) return remembered
  const [week] = newestWeeks(1)
  if (!week) throw new Error('there is no file to measure with')
  const parsed = readDocument(week.bytes)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals))
  const prefixes = RangeSet.of(parsed.snapshot.tags.get('AzureCloud')?.prefixes ?? []).prefixes()
  remembered = exportInput({ name: 'azure-cloud', prefixes })
  return remembered
}
