/** Every definition there is: the built-in ones, what people stored, and the shards of that. */
import type { Cloud } from '../core/cloud.ts'
import { notFound, RangewardenError } from '../core/errors.ts'
import { findService } from '../endpoints/index.ts'
import type { Store } from '../store/contract.ts'
import {
  builtInDefinitions,
  parseDefinition,
  shardsOf,
  type AllowlistDefinition,
} from './definition.ts'

export interface Definitions {
  /** A list's shards come right after it. */
  all(): readonly AllowlistDefinition[]
  /** @throws RangewardenError `not-found`, with the reason where there is one */
  find(name: string): AllowlistDefinition
  /** Stored definitions that cannot be used now, with the reason: their cloud is not followed. */
  readonly unusable: ReadonlyMap<string, RangewardenError>
}

/** Reads the stored definitions; one that cannot be used takes nothing else with it. */
export async function readDefinitions(
  { allowlists }: Pick<Store, 'allowlists'>,
  clouds: readonly Cloud[],
): Promise<Definitions> {
  const usable = new Map<string, AllowlistDefinition>()
  const unusable = new Map<string, RangewardenError>()
  for (const { name, definition } of await allowlists.list()) {
    try {
      const whole = parseDefinition(name, definition, clouds)
      for (const list of [whole, ...shardsOf(whole)]) usable.set(list.name, list)
    } catch (error) {
      if (!(error instanceof RangewardenError)) throw error
      unusable.set(
        name,
        notFound(`allowlist ${name} is stored and cannot be used: ${error.message}`),
      )
    }
  }
  for (const builtIn of builtInDefinitions(clouds)) usable.set(builtIn.name, builtIn)
  return {
    unusable,
    all: () => [...usable.values()],
    find(name) {
      const definition = usable.get(name)
      if (definition) return definition
      const reason = unusable.get(name)
      if (reason) throw reason
      explainMissing(name, clouds)
      const known = [...usable.keys()]
      throw notFound(`no allowlist "${name}": known are ${known.join(', ')}`, { allowlist: name })
    },
  }
}

/** A connector list that a followed cloud cannot have has a reason worth telling. */
function explainMissing(name: string, clouds: readonly Cloud[]): void {
  for (const [i, cloud] of clouds.entries()) {
    const connectorList = i === 0 ? 'app-proxy' : `app-proxy.${cloud.toLowerCase()}`
    if (name === connectorList) findService('app-proxy', cloud)
  }
}
