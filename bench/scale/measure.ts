/**
 * One whole run: a small installation on a PostgreSQL of its own, watched while it does what an
 * installation does, and a replica with the embedded database.
 */
import { CLOUDS, type Cloud } from '../../src/core/cloud.ts'
import { describeMachine } from '../machine.ts'
import type { CloudCosts, Costs, ScaleResults } from './costs.ts'
import { startServer, type Server } from './database.ts'
import { measureEmbedded, type EmbeddedCosts } from './embedded.ts'
import { openFleet } from './fleet.ts'
import { idleSecond } from './idle.ts'
import { measureInstallation } from './installation.ts'
import { measureMemory } from './memory.ts'
import { measureTelling } from './telling.ts'
import { KIND_OF_FILE, weeksOf } from './weeks.ts'

const EMBEDDED_WEEKS = 3

/** Clouds beside the first. */
const FURTHER = CLOUDS.length - 1

type Say = (what: string) => void

/** @param say told of each part as it begins */
export async function measureScale(say: Say): Promise<ScaleResults> {
  const started = performance.now()
  const server = await startServer()
  try {
    const { costs, clouds } = await measureOn(server, say)
    const embedded = await embeddedCosts(say)
    return {
      machine: describeMachine(),
      date: new Date().toISOString(),
      server: server.version,
      files: KIND_OF_FILE,
      seconds: Math.round((performance.now() - started) / 1_000),
      costs: rounded({ ...costs, ...embedded }),
      clouds: {
        Public: rounded(clouds.Public),
        AzureGovernment: rounded(clouds.AzureGovernment),
        China: rounded(clouds.China),
        AzureGermany: rounded(clouds.AzureGermany),
      },
    }
  } finally {
    await server.stop()
  }
}

/** All that can be measured on a machine without PostgreSQL. */
export function embeddedCosts(say: Say): Promise<EmbeddedCosts> {
  say('the embedded database')
  return measureEmbedded(weeksOf('Public', EMBEDDED_WEEKS))
}

interface OnServer {
  readonly costs: Omit<Costs, keyof EmbeddedCosts>
  readonly clouds: Readonly<Record<Cloud, CloudCosts>>
}

async function measureOn(server: Server, say: Say): Promise<OnServer> {
  say('an idle replica that follows one cloud')
  const { alone, both, databaseBytes } = await idleWithOneCloud(server)
  const fleet = await openFleet(server, CLOUDS)
  try {
    const { costs, clouds, idle, lists } = await measureInstallation(fleet, say)
    await fleet.close()
    say('memory')
    const { clouds: memory, ...memoryCosts } = await measureMemory(server, fleet.database, lists)
    say('telling')
    const telling = await measureTelling(server)
    const perCloud = (figure: 'worker' | 'server' | 'workerStatements'): number =>
      Math.max(0, (idle[figure] - both[figure]) / FURTHER)
    const cloudCosts = (cloud: Cloud): CloudCosts => ({
      ...clouds[cloud],
      memoryBytes: memory[cloud],
    })
    return {
      costs: {
        ...costs,
        ...memoryCosts,
        ...telling,
        databaseBytes,
        idleStatements: alone.workerStatements,
        idleStatementsPerCloud: perCloud('workerStatements'),
        idleApiStatements: both.apiStatements,
        idleMs: alone.worker,
        idleMsPerCloud: perCloud('worker'),
        idleServerMs: alone.server,
        idleServerMsPerCloud: perCloud('server'),
        serverConnections:
          (await server.setting('max_connections')) -
          (await server.setting('superuser_reserved_connections')),
      },
      clouds: {
        Public: cloudCosts('Public'),
        AzureGovernment: cloudCosts('AzureGovernment'),
        China: cloudCosts('China'),
        AzureGermany: cloudCosts('AzureGermany'),
      },
    }
  } finally {
    await fleet.close()
  }
}

async function idleWithOneCloud(server: Server) {
  const fleet = await openFleet(server, ['Public'])
  try {
    const [week] = weeksOf('Public', 1)
    if (!week) throw new Error('a week is needed')
    await fleet.quiet()
    const databaseBytes = await fleet.database.size()
    await fleet.publish(week)
    const alone = await idleSecond(fleet)
    await fleet.startApi()
    return { alone, both: await idleSecond(fleet), databaseBytes }
  } finally {
    await fleet.close()
  }
}

const DIGITS = 4

/** More digits than were measured would only make changes hard to see. */
function rounded<Name extends string>(
  figures: Readonly<Record<Name, number>>,
): Record<Name, number> {
  return Object.fromEntries(
    Object.entries<number>(figures).map(([name, value]) => [
      name,
      Number(value.toPrecision(DIGITS)),
    ]),
  ) as Record<Name, number>
}
