/**
 * Generates the Prisma client with no network. The command wants a schema engine binary that is
 * downloaded from a host closed networks cannot reach, but `generate` never starts it: any program
 * that exists will do.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')
const { status } = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  },
})
process.exitCode = status ?? 1
