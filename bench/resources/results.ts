/**
 * What pods of the chart were measured to need, kept in bench/resources.json, and what they are
 * therefore given: the chart's values and docs/operations.md say what is computed here.
 */
import { z } from 'zod'

/** A pod of the chart, by the name of its values. */
export const PODS = ['embedded', 'api', 'worker'] as const

export type Pod = (typeof PODS)[number]

const figures = z.strictObject({
  /** Resident when nothing has happened for a while, at the end of all that is measured. */
  restMiB: z.number().positive(),
  /** The most that was resident in that life. */
  peakMiB: z.number().positive(),
  /** Of a processor, in thousandths: while nobody asks for anything. */
  idleMillicores: z.number().nonnegative(),
  /** Beside `pollsPerSecond` of devices; of a worker the same as idle. */
  loadMillicores: z.number().nonnegative(),
  /** Processor time from the start until the first week was published and all was quiet. */
  startSeconds: z.number().nonnegative(),
  /** The same life again in a memory cgroup with the limit that follows; undefined: not tried. */
  livedWithinMiB: z.number().positive().optional(),
})

export type Figures = z.output<typeof figures>

const results = z.strictObject({
  machine: z.string(),
  date: z.iso.date(),
  kindOfFile: z.string(),
  pollsPerSecond: z.number().positive(),
  pods: z.strictObject({ embedded: figures, api: figures, worker: figures }),
})

export type Results = z.output<typeof results>

/** @throws where a figure is missing, unknown or none */
export function parseResources(text: string): Results {
  return results.parse(JSON.parse(text))
}

/** As Kubernetes writes it. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string }
  readonly limits: { readonly memory: string }
}

/** A file grows, and a garbage collector takes its time. */
const MEMORY_MARGIN = 1.25
const MEMORY_STEP_MIB = 64

const CPU_STEP_MILLICORES = 50

/**
 * What a pod asks for: memory for its rest and a quarter more, and what it does while devices poll; no
 * more memory than its peak and a quarter more. Of the processor there is no limit: a throttled pod
 * makes lists late, and probes fail.
 */
export function resourcesFor({
  restMiB,
  peakMiB,
  idleMillicores,
  loadMillicores,
}: Figures): Resources {
  const busy = Math.max(idleMillicores, loadMillicores)
  return {
    requests: {
      cpu: `${roundUp(busy, CPU_STEP_MILLICORES)}m`,
      memory: `${roundUp(restMiB * MEMORY_MARGIN, MEMORY_STEP_MIB)}Mi`,
    },
    limits: { memory: `${limitMiB(peakMiB)}Mi` },
  }
}

export function limitMiB(peakMiB: number): number {
  return roundUp(peakMiB * MEMORY_MARGIN, MEMORY_STEP_MIB)
}

function roundUp(value: number, step: number): number {
  return Math.max(1, Math.ceil(value / step)) * step
}
