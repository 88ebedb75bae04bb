/** What a device has beside an allowlist, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { countsOf } from '../core/diff.ts'
import { isInStep, type DriftPart } from '../core/drift.ts'
import type { Check } from '../lists/check-deployed.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'

const partShape = z
  .object({
    addresses: addressCountsShape,
    networks: z
      .array(z.string())
      .describe('The fewest that hold exactly these addresses; all of them'),
    names: z.array(z.string()),
  })
  .meta({ id: 'DriftPart' })

export const driftShape = z
  .object({
    allowlist: z.string(),
    cloud: z.enum(CLOUDS),
    serial: z.int().positive().describe('Of the content it was compared with'),
    snapshot: z.string().describe('That brought this content'),
    device: z.string().nullable().describe('As whoever submitted the list called it'),
    inStep: z.boolean().describe('Nothing is missing, extra or stale'),
    compared: z
      .array(z.enum(['addresses', 'names']))
      .describe('Of the rest nothing is said: the submission had none of it'),
    missing: partShape.describe('The list has it, the device has not'),
    extra: partShape.describe('The device has it, and no version of the list had'),
    stale: partShape.describe('The device has it, an earlier version of the list had'),
    leaving: partShape.describe(
      'The list has it for some days more, the device has not any more: this is no drift',
    ),
  })
  .meta({ id: 'Drift' })

export type DriftPartView = z.infer<typeof partShape>
export type DriftView = z.infer<typeof driftShape>

export function driftView(
  { list, addresses, names, drift }: Check,
  device: string | undefined,
): DriftView {
  const { missing, extra, stale, leaving } = drift
  return {
    allowlist: list.name,
    cloud: list.cloud,
    serial: list.serial,
    snapshot: list.snapshot,
    device: device ?? null,
    inStep: isInStep(drift),
    compared: [...(addresses ? ['addresses' as const] : []), ...(names ? ['names' as const] : [])],
    missing: partView(missing),
    extra: partView(extra),
    stale: partView(stale),
    leaving: partView({ coverage: leaving, names: [] }),
  }
}

function partView({ coverage, names }: DriftPart): DriftPartView {
  return {
    addresses: addressCountsView(countsOf(coverage)),
    networks: coverage.texts(),
    names: [...names],
  }
}
