/** Which wildcards a preflight must test: one rule of the script and of the command line's preflight. */
import { coversName } from '../../src/core/endpoint-rule.ts'
import type { ExportInput } from '../contract.ts'

/** Published in error for *.servicebus.windows.net, as the catalogue notes: nobody has a host there. */
const WITHOUT_HOSTS = '*.servicebus.microsoft.net'

/**
 * Whether a preflight without a host below this required wildcard is not well. What the connector
 * needs at run time, everybody has a host of. The wildcards of registration are Microsoft's alone.
 */
export function needsHost({ name, phase }: { name: string; phase: string }): boolean {
  return phase === 'runtime' && name !== WITHOUT_HOSTS
}

/** The same of a list's wildcard: whoever wrote one that no catalogue has knows a host below it. */
export function ruleNeedsHost(name: string, required: ExportInput['required']): boolean {
  const behind = required.filter((one) => coversName(name, one.name))
  return behind.length === 0 || behind.some(needsHost)
}
