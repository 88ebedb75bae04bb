/** `preflight` as it is called and as it speaks. The proxy is on loopback; nothing is resolved. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Command } from 'commander'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { preflight, preflightFrom } from '../../../src/cli/commands/preflight.ts'
import { createIo } from '../../../src/cli/io.ts'
import { readConfig } from '../../../src/config.ts'
import { planChecks } from '../../../src/preflight/plan.ts'
import type { Host } from '../../../src/preflight/run.ts'
import { makeAuthority, type Authority } from '../../support/certificates.ts'
import { callCli, type Settings } from '../../support/command-line.ts'
import { portOf } from '../../support/publisher.ts'
import { describeWith, program } from '../../support/requirements.ts'
import {
  startScriptedProxy,
  status,
  type ProxyQuestion,
  type ProxyReply,
} from '../../support/scripted-proxy.ts'

const closes: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

async function proxyUrl(reply: (question: ProxyQuestion) => ProxyReply): Promise<string> {
  const proxy = await startScriptedProxy(reply)
  closes.push(() => proxy.close())
  return `http://127.0.0.1:${proxy.port}`
}

interface Call {
  readonly settings?: Settings
  readonly stop?: AbortSignal
  readonly terminal?: number
  readonly host?: Partial<Host>
}

/** The command on a host that knows no name: what it would dial directly it cannot. */
async function call(args: readonly string[], { settings = {}, stop, terminal, host }: Call = {}) {
  let [stdout, stderr] = ['', '']
  const onTerminal = terminal === undefined ? {} : { isTTY: true, columns: terminal }
  const io = createIo({
    stdout: { write: (data) => (stdout += Buffer.from(data).toString('utf8')) },
    stderr: { write: (text) => (stderr += text), ...onTerminal },
  })
  const cli = preflightFrom({ publicRoots: [], resolve: () => Promise.resolve([]), ...host })
  const command = new Command('preflight').option('--json')
  cli.describe(command)
  command.parse(args, { from: 'user' })
  const code = await cli.run(
    {
      io,
      json: command.opts<{ json?: boolean }>().json ?? false,
      stop: stop ?? new AbortController().signal,
      url: undefined,
      dataDir: undefined,
      readConfig: (overrides) => readConfig(settings, undefined, overrides),
      openService: () => Promise.reject(new Error('preflight needs no database')),
    },
    command,
  )
  return { code, stdout, stderr }
}

describe('preflight', () => {
  it('tells each check in a table, what came of them all, and fails with 4', async () => {
    const url = await proxyUrl(({ method }) => (method === 'GET' ? status(200) : status(407)))
    const names = ['--name', 'tenant.msappproxy.net,ns.servicebus.windows.net']
    const { code, stdout, stderr } = await call(['--proxy', url, ...names])
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
    const [head = '', first = ''] = stdout.split('\n')
    expect(head).toMatch(/^CHECK +NAME +PORT +VERDICT +WHY$/)
    expect(first).toMatch(
      /^CONNECT +tenant\.msappproxy\.net +443 +proxy-authentication +the proxy wants authentication, which the connector cannot give$/,
    )
    expect(stdout).toMatch(/\nGET +crl3\.digicert\.com +80 +ok +the host answers\n/)
    expect(stdout).toMatch(
      /\nCONNECT +\*\.msauth\.net +443 +not-testable +give a name it covers: --name NAME\.msauth\.net\n/,
    )
    expect(stdout).toMatch(
      /\nDIRECT +ns\.servicebus\.windows\.net +5671, 9350, 9352 +ok +this host does not resolve it/,
    )
    expect(stdout).toMatch(
      /\n\n28 checks: 11 ok, 9 proxy-authentication, 8 not-testable\nthis host itself resolves 0 of \d+ names; it need not: the proxy resolves\n$/,
    )
  })

  it('folds the legacy ports of a name into one row', async () => {
    const url = await proxyUrl(({ target }) => (target.endsWith(':443') ? 'close' : status(403)))
    const { stdout } = await call(['--proxy', url, '--legacy', '--name', 't.msappproxy.net'])
    expect(stdout).toMatch(
      /\nCONNECT +t\.msappproxy\.net +8080, 9090-9091, 10100-10120 +policy-refused /,
    )
  })

  it('as JSON has a member for everything', async () => {
    const url = await proxyUrl(() => status(403))
    const { code, stdout } = await call(['--proxy', url, '--json', '--cloud', 'AzureGovernment'])
    expect(code).toBe(4)
    const view = JSON.parse(stdout) as { checks: object[] }
    expect(view).toMatchObject({
      ...{ proxy: url, cloud: 'AzureGovernment', legacy: false, ok: false },
      counts: { 'policy-refused': 10, 'not-testable': 11 },
    })
    expect(view.checks).toHaveLength(21)
    expect(view.checks).toContainEqual({
      method: 'GET',
      name: 'ctldl.windowsupdate.us',
      required: 'ctldl.windowsupdate.us',
      ports: ['80'],
      path: '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab',
      phase: 'registration',
      verdict: 'policy-refused',
      fault: true,
      reason: '403, from the proxy or from the host',
      status: 403,
      issuer: null,
      addresses: [],
    })
    expect(view.checks.at(-1)).toMatchObject({ method: 'DIRECT', fault: false, addresses: null })
  })

  it('says beside the faults what is needed and was not tested', async () => {
    const url = await proxyUrl(() => status(403))
    const { code, stdout } = await call(['--proxy', url, '--name', 'tenant.msappproxy.net'])
    expect(code).toBe(4)
    expect(stdout).toContain(
      '\nalso needed and not tested:\n' +
        '  CONNECT *.servicebus.windows.net 443\n' +
        '  DIRECT *.servicebus.windows.net 5671, 9350, 9352\n' +
        'give a host below each: --name NAME.servicebus.windows.net\n',
    )
  })

  it('takes the proxy of the settings unless one is given', async () => {
    const url = await proxyUrl(() => status(403))
    const settings = { RANGEWARDEN_CONNECTOR_PROXY: url }
    expect((await call(['--json'], { settings })).stdout).toContain(`"proxy": "${url}"`)
    const nowhere = { RANGEWARDEN_CONNECTOR_PROXY: 'http://proxy.invalid:1' }
    expect((await call(['--proxy', url], { settings: nowhere })).code).toBe(4)
  })

  it('shows on a terminal how far it is, and takes the bar away', async () => {
    const url = await proxyUrl(() => status(403))
    const { stderr } = await call(['--proxy', url], { terminal: 60 })
    expect(stderr).toContain('26/26')
    expect(stderr.endsWith('\r\u001b[K')).toBe(true)
  })

  it('stopped says so, with what was found, and exits as a shell does', async () => {
    const stop = new AbortController()
    const url = await proxyUrl(({ method, target }) => {
      if (method === 'OPTIONS' || !target.includes('management.azure.com')) return status(403)
      stop.abort()
      return 'hang'
    })
    const { code, stdout, stderr } = await call(['--proxy', url, '--json'], { stop: stop.signal })
    expect(code).toBe(130)
    expect(stderr).toMatch(/^stopped: \d+ checks not made\n$/)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false })
    const early = await call(['--proxy', url], { stop: AbortSignal.abort() })
    expect(early).toEqual({ code: 130, stdout: '', stderr: 'stopped: 26 checks not made\n' })
  })
})

describeWith([program('openssl')], 'preflight where nothing is wrong', () => {
  const given = ['tenant.msappproxy.net', 'ns.servicebus.windows.net']
  let authority: Authority
  let publicRoots: string[]
  beforeAll(() => {
    authority = makeAuthority('Public Test Root')
    publicRoots = [authority.cert]
  })

  /** A proxy that reaches everybody: all hosts are one, whose certificate has all names. */
  async function goodProxy(): Promise<string> {
    const plan = planChecks({ cloud: 'Public', isLegacy: false, names: given })
    const names = plan.filter(({ isTestable }) => isTestable).map(({ name }) => name)
    const sockets: Socket[] = []
    const host = createTlsServer(authority.issue([...new Set(names)]), (socket) => {
      socket.on('error', () => undefined)
    })
    host.on('connection', (socket: Socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(host, 'listening')
    closes.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => host.close(resolve))
    })
    return proxyUrl(({ method }) => {
      if (method === 'OPTIONS') return status(503)
      return method === 'GET' ? status(200) : { tunnel: portOf(host) }
    })
  }

  it('is well with the names of the run time alone', async () => {
    const args = ['--proxy', await goodProxy(), '--name', given.join(',')]
    const { code, stdout } = await call(args, { host: { publicRoots } })
    expect(stdout).toMatch(/\n\n28 checks: 20 ok, 8 not-testable\nthis host itself/)
    expect(code).toBe(0)
    const asJson = await call([...args, '--json'], { host: { publicRoots } })
    expect(JSON.parse(asJson.stdout)).toMatchObject({ ok: true, untested: [] })
  })

  it('is not well without them, and says which to give', async () => {
    const url = await goodProxy()
    const { code, stdout } = await call(['--proxy', url], { host: { publicRoots } })
    expect(code).toBe(4)
    expect(stdout).toContain(
      '\nnothing is wrong, but needed and not tested:\n' +
        '  CONNECT *.msappproxy.net 443\n' +
        '  CONNECT *.servicebus.windows.net 443\n' +
        '  DIRECT *.servicebus.windows.net 5671, 9350, 9352\n' +
        'give a host below each: --name NAME.msappproxy.net --name NAME.servicebus.windows.net\n',
    )
    const asJson = await call(['--proxy', url, '--json'], { host: { publicRoots } })
    expect(asJson.code).toBe(4)
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      ok: false,
      untested: [
        { method: 'CONNECT', name: '*.msappproxy.net' },
        { method: 'CONNECT', name: '*.servicebus.windows.net' },
        {
          method: 'DIRECT',
          ports: ['5671', '9350', '9352'],
          reason: 'give a name it covers: --name NAME.servicebus.windows.net',
        },
      ],
    })
  })

  it('is not well where this host could not tell what would go directly', async () => {
    const args = ['--proxy', await goodProxy(), '--name', given.join(',')]
    const resolve = (): Promise<never> => Promise.reject(new Error('no server'))
    const { code, stdout } = await call(args, { host: { publicRoots, resolve } })
    expect(code).toBe(4)
    expect(stdout).toContain(
      '\nnothing is wrong, but needed and not tested:\n' +
        "  DIRECT ns.servicebus.windows.net 5671, 9350, 9352 (this host's resolver failed)\n" +
        'this host itself resolves 0 of 15 names, and got no answer for 15; it need not: ',
    )
  })
})

describe('calling it wrongly', () => {
  it.each([
    [[], /--proxy http:\/\/HOST:PORT, or RANGEWARDEN_CONNECTOR_PROXY, is needed/],
    [
      ['--proxy', 'proxy.example:8080'],
      /--proxy "proxy.example:8080": a connector's proxy is written http:/,
    ],
    [['--proxy', 'https://proxy.example:8080'], /a connector's proxy is written http:/],
    [['--proxy', 'http://u:p@proxy.example:8080'], /a connector's proxy is written http:/],
    [['--proxy', 'http://127.0.0.1:1', '--name', 'x.example'], /no required name covers it/],
    [
      ['--proxy', 'http://127.0.0.1:1', '--url', 'http://127.0.0.1:2'],
      /does not work through --url: it tries/,
    ],
  ])('%j is refused with the rule', async (args, message) => {
    const { error } = await callCli(['preflight', ...args])
    expect(error).toMatchObject({ code: 'invalid-input' })
    expect(error?.message).toMatch(message)
  })

  it.each([
    [['--cloud', 'Mars'], /Public or AzureGovernment/],
    [['--timeout', '0'], /number of seconds/],
    [['extra'], /too many arguments/],
  ])('%j is told with exit code 2', async (args, message) => {
    const { code, stderr } = await callCli(['preflight', '--proxy', 'http://127.0.0.1:1', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('of a cloud without a list is told why', async () => {
    const { error } = await callCli([
      'preflight',
      '--proxy',
      'http://127.0.0.1:1',
      '--cloud',
      'China',
    ])
    expect(error?.message).toContain('publishes no connector endpoint list for China')
  })

  it('with a proxy that is not there fails once, with 3', async () => {
    const { error, stdout } = await callCli(['preflight', '--proxy', 'http://127.0.0.1:1'])
    expect(stdout).toBe('')
    expect(error?.code).toBe('upstream-unavailable')
    expect(error?.message).toMatch(
      /^the proxy http:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    )
  })

  it('has every verdict in its help', async () => {
    const { stdout } = await callCli(['preflight', '--help'])
    expect(preflight.localOnly).toBeDefined()
    expect(stdout).toMatch(/ {2}silently-dropped {2,}a direct/)
    expect(stdout).toContain('Exit code: 0 if all is well')
  })
})
