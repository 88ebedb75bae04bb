/**
 * Runs inside a network namespace: `preflight` with what it takes from its host given in a JSON
 * file, `{"hosts": {name: address}, "publicRoots": [pem]}`. Arguments: that file, then the
 * command's own. Prints `{"code", "stdout", "stderr"}`.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { z } from 'zod'
import { preflightFrom } from '../../src/cli/commands/preflight.ts'
import { createIo } from '../../src/cli/io.ts'
import { readConfig } from '../../src/config.ts'

const [file = '', ...args] = process.argv.slice(2)
const { hosts, publicRoots } = z
  .object({ hosts: z.record(z.string(), z.string()), publicRoots: z.array(z.string()) })
  .parse(JSON.parse(readFileSync(file, 'utf8')))

let [stdout, stderr] = ['', '']
const io = createIo({
  stdout: { write: (data) => (stdout += Buffer.from(data).toString('utf8')) },
  stderr: { write: (text) => (stderr += text) },
})
const cli = preflightFrom({
  publicRoots,
  resolve: (name) => Promise.resolve([hosts[name] ?? []].flat()),
})
const command = new Command('preflight').option('--json')
cli.describe(command)
command.parse(args, { from: 'user' })
const code = await cli.run(
  {
    io,
    json: command.opts<{ json?: boolean }>().json ?? false,
    stop: new AbortController().signal,
    url: undefined,
    dataDir: undefined,
    readConfig: (overrides) => readConfig({}, undefined, overrides),
    openService: () => Promise.reject(new Error('preflight opens no service')),
  },
  command,
)
console.log(JSON.stringify({ code, stdout, stderr }))
