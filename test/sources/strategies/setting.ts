/** What a strategy is tested with: a publisher on loopback and nothing else to reach. */
import { onTestFinished } from 'vitest'
import type { StrategyDeps } from '../../../src/sources/ask.ts'
import { createDispatcher } from '../../../src/sources/dispatcher.ts'
import { MICROSOFT_LIMITS } from '../../../src/sources/microsoft.ts'
import { createPublisher } from '../../../src/sources/publisher.ts'
import { startPublisher, type Publisher } from '../../support/publisher.ts'

export interface Setting {
  readonly publisher: Publisher
  readonly deps: StrategyDeps
  /** Paths that were asked for, in order. */
  asked(): string[]
}

/** Closed when the test is over. */
export async function startSetting(): Promise<Setting> {
  const publisher = await startPublisher()
  const dispatcher = createDispatcher({})
  onTestFinished(async () => {
    await dispatcher.destroy()
    await publisher.close()
  })
  return {
    publisher,
    deps: {
      publisher: createPublisher(publisher.origin),
      dispatcher,
      userAgent: 'rangewarden/test',
      limits: MICROSOFT_LIMITS,
    },
    asked: () => publisher.requests.map(({ path }) => path),
  }
}

export const DOCUMENT = '{"changeNumber":375,"cloud":"Public","values":[]}'
