/**
 * Run as a program in a network namespace of its own: fetches a weekly file from Microsoft's real
 * names through a proxy that leads both to a server here. Arguments: key file, certificate file,
 * and settings as NAME=VALUE (`PROXY` stands for the proxy's address). Prints what happened as JSON.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readConfig } from '../../src/config.ts'
import { createDispatcher } from '../../src/sources/dispatcher.ts'
import { createSource } from '../../src/sources/index.ts'
import { latestPlausibleDate } from '../../src/sync/plausible-date.ts'
import { startForwardProxy } from './forward-proxy.ts'
import { bytes, filePath, pagePath, startPublisher, weeklyPage } from './publisher.ts'

const [keyFile = '', certFile = '', ...settings] = process.argv.slice(2)
execFileSync('ip', ['link', 'set', 'lo', 'up'])

const publisher = await startPublisher({
  key: readFileSync(keyFile, 'utf8'),
  cert: readFileSync(certFile, 'utf8'),
})
publisher.answer(pagePath('Public'), bytes(weeklyPage('Public', ['20251028'])))
publisher.answer(filePath('Public', '20251028'), bytes('{}'))
const proxy = await startForwardProxy({ target: Number(new URL(publisher.origin).port) })

const environment: Record<string, string> = {}
for (const setting of settings) {
  const [name = '', value = ''] = setting.split('=')
  environment[name] = value.replace('PROXY', proxy.origin)
}
const config = readConfig(environment)
const dispatcher = createDispatcher(config)
const fetched = await createSource(config.source, { version: '1.2.3', dispatcher }).fetch({
  cloud: 'Public',
  signal: AbortSignal.timeout(30_000),
  validatorsOf: () => Promise.resolve(undefined),
  now: new Date(),
  notAfter: latestPlausibleDate(new Date()),
  record: () => undefined,
})
await dispatcher.destroy()
await proxy.close()
await publisher.close()
console.log(JSON.stringify({ ...fetched, tunnels: proxy.seen }))
