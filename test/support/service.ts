/** The service as it is served, in this process, on a port of its own. */
import { openApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/observe/log.ts'
import type { Settings } from './command-line.ts'

export interface RunningService {
  readonly url: string
  /** For commands that ask it, and may change something. */
  readonly settings: Settings
  close(): Promise<void>
}

const TOKEN = 'a-token-for-tests'

export async function startService(dataDir: string, given: Settings = {}): Promise<RunningService> {
  const config = readConfig({
    RANGEWARDEN_ADMIN_TOKEN: TOKEN,
    RANGEWARDEN_DATA_DIR: dataDir,
    RANGEWARDEN_PORT: '0',
    ...given,
  })
  const app = await openApp(config, createLog('silent'))
  const url = await app.serve()
  return { url, settings: { RANGEWARDEN_ADMIN_TOKEN: TOKEN }, close: () => app.close() }
}
