import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  describeSettings,
  printConfig,
  processEnvironment,
  readConfig,
  settingTexts,
  type Config,
  type Overrides,
} from '../src/config.ts'
import { RangewardenError } from '../src/core/errors.ts'
import { exporters } from '../exporters/index.ts'
import { temporaryFolder } from './support/folder.ts'

const NO_FILES = (path: string): string => {
  throw new Error(`ENOENT: no such file, open '${path}'`)
}

function filesOf(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => files[path] ?? NO_FILES(path)
}

function read(environment: Readonly<Record<string, string>> = {}, overrides?: Overrides): Config {
  return readConfig(environment, NO_FILES, overrides)
}

function mistakeOf(run: () => unknown): RangewardenError {
  try {
    run()
  } catch (error) {
    if (error instanceof RangewardenError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

function said(environment: Readonly<Record<string, string>>): string {
  return mistakeOf(() => read(environment)).message
}

describe('the configuration', () => {
  it('has a default for everything that needs one', () => {
    const config = read()
    expect(config).toEqual({
      clouds: ['Public'],
      schedule: '17 */6 * * *',
      source: 'microsoft',
      guard: 'cautious',
      host: '127.0.0.1',
      port: 8080,
      role: 'all',
      drainSeconds: 5,
      eventDays: 90,
      dataDir: './data',
      squidClients: [
        expect.objectContaining({ text: '127.0.0.1/32' }),
        expect.objectContaining({ text: '::1/128' }),
      ],
      connectorConnect80: 'no',
      nftablesTable: 'inet rangewarden',
      rateLimit: 6000,
      accessLog: false,
      logLevel: 'info',
    })
  })

  it('reads every setting', () => {
    const config = read({
      RANGEWARDEN_CLOUDS: 'China, Public',
      RANGEWARDEN_SCHEDULE: '0 3 * * 2',
      RANGEWARDEN_SOURCE: 'folder:/srv/tags',
      RANGEWARDEN_PUBLISHER_URL: 'http://mirror.example:8081/',
      RANGEWARDEN_MIRROR_URL: 'https://second.example/',
      RANGEWARDEN_GUARD: 'cautious, China=permissive',
      RANGEWARDEN_HOST: '::',
      RANGEWARDEN_PORT: '0',
      RANGEWARDEN_ROLE: 'worker',
      RANGEWARDEN_PUBLIC_URL: 'https://Ranges.example/',
      RANGEWARDEN_DRAIN_SECONDS: '0',
      RANGEWARDEN_WEBHOOK_ALLOW: '10.2.0.0/16, ::1',
      RANGEWARDEN_EVENT_DAYS: '30',
      RANGEWARDEN_REPORT_SCHEDULE: '0 7 * * 1',
      RANGEWARDEN_DATA_DIR: '/var/lib/rangewarden',
      DATABASE_URL: 'postgresql:///rangewarden?host=/run/postgresql',
      RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080; SOCKS5 [2001:db8::1]:1080; DIRECT',
      RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
      RANGEWARDEN_SQUID_CLIENTS: '10.1.0.0/16, 10.1.2.3,2001:db8::7',
      RANGEWARDEN_ADMIN_TOKEN: 's3cret',
      RANGEWARDEN_READ_TOKEN: 'old-one, new-one',
      RANGEWARDEN_RATE_LIMIT: '0',
      RANGEWARDEN_TRUSTED_PROXIES: '10.9.0.0/24, 10.9.1.1',
      RANGEWARDEN_ACCESS_LOG: 'on',
      RANGEWARDEN_LOG_LEVEL: 'debug',
      RANGEWARDEN_CONNECTOR_PROXY: 'http://Proxy.example:8080/',
      RANGEWARDEN_CONNECTOR_CONNECT_80: 'yes',
      RANGEWARDEN_NFTABLES_TABLE: 'ip filter',
      HTTPS_PROXY: 'http://user:pass@proxy.example:3128',
      HTTP_PROXY: 'http://proxy.example:3128',
      NO_PROXY: '.example,10.0.0.0/8',
    })
    const texts = {
      squidClients: config.squidClients.map(({ text }) => text),
      trustedProxies: config.trustedProxies?.map(({ text }) => text),
      webhookAllow: config.webhookAllow?.map(({ text }) => text),
    }
    expect({ ...config, ...texts }).toEqual({
      clouds: ['China', 'Public'],
      schedule: '0 3 * * 2',
      source: 'folder:/srv/tags',
      publisherUrl: 'http://mirror.example:8081',
      mirrorUrl: 'https://second.example',
      guard: 'cautious, China=permissive',
      host: '::',
      port: 0,
      role: 'worker',
      publicUrl: 'https://ranges.example',
      drainSeconds: 0,
      webhookAllow: ['10.2.0.0/16', '::1/128'],
      eventDays: 30,
      reportSchedule: '0 7 * * 1',
      dataDir: '/var/lib/rangewarden',
      databaseUrl: 'postgresql:///rangewarden?host=/run/postgresql',
      pacProxy: 'PROXY proxy.example:8080; SOCKS5 [2001:db8::1]:1080; DIRECT',
      pacFallback: 'DIRECT',
      // The host lies within the network: Squid would warn about it.
      squidClients: ['10.1.0.0/16', '2001:db8::7/128'],
      connectorProxy: 'http://proxy.example:8080',
      connectorConnect80: 'yes',
      nftablesTable: 'ip filter',
      adminToken: 's3cret',
      readTokens: ['old-one', 'new-one'],
      rateLimit: 0,
      trustedProxies: ['10.9.0.0/24', '10.9.1.1/32'],
      accessLog: true,
      logLevel: 'debug',
      httpsProxy: 'http://user:pass@proxy.example:3128',
      httpProxy: 'http://proxy.example:3128',
      noProxy: '.example,10.0.0.0/8',
    })
  })

  it('takes a certificate and its key, or neither', () => {
    const [cert, key] = ['/tls/cert.pem', '/tls/key.pem']
    const both = read({ RANGEWARDEN_TLS_CERT: cert, RANGEWARDEN_TLS_KEY: key })
    expect([both.tlsCert, both.tlsKey]).toEqual([cert, key])
    expect(said({ RANGEWARDEN_TLS_CERT: cert })).toBe(
      'Wrong setting: RANGEWARDEN_TLS_CERT (environment) "/tls/cert.pem": a certificate and its key ' +
        'are needed, and RANGEWARDEN_TLS_KEY is not set',
    )
    expect(said({ RANGEWARDEN_TLS_KEY: key })).toBe(
      'Wrong setting: RANGEWARDEN_TLS_KEY (environment) "/tls/key.pem": a certificate and its key ' +
        'are needed, and RANGEWARDEN_TLS_CERT is not set',
    )
  })

  it('splits roles only between processes on one PostgreSQL', () => {
    expect(said({ RANGEWARDEN_ROLE: 'api' })).toBe(
      'Wrong setting: RANGEWARDEN_ROLE (environment) "api": roles are split between processes on ' +
        'one PostgreSQL, and DATABASE_URL is not set',
    )
    expect(said({ RANGEWARDEN_ROLE: 'boss' })).toMatch(/"boss": one of all, api, worker/)
    const shared = { DATABASE_URL: 'postgresql://h/d', RANGEWARDEN_ROLE: 'api' }
    expect(read(shared).role).toBe('api')
    expect(read({ RANGEWARDEN_ROLE: 'all' }).role).toBe('all')
  })

  const bounded: [string, string, RegExp][] = [
    ['RANGEWARDEN_DRAIN_SECONDS', '301', /"301": a whole number of seconds from 0 to 300/],
    ['RANGEWARDEN_EVENT_DAYS', '0', /"0": a whole number of days from 1 to 36500/],
    ['RANGEWARDEN_WEBHOOK_ALLOW', '10.0.0.1/8', /"10\.0\.0\.1\/8": .*host bits/],
    ['RANGEWARDEN_WEBHOOK_ALLOW', ' , ', /at least one network/],
    ['RANGEWARDEN_REPORT_SCHEDULE', 'weekly', /not a node-cron expression/],
    ['RANGEWARDEN_PUBLIC_URL', 'https://ranges.example/path', /one origin/],
  ]
  it.each(bounded)('says the rule of %s for %s', (name, value, rule) => {
    expect(said({ [name]: value })).toMatch(rule)
  })

  it('names the policies and clouds there are for another guard', () => {
    expect(said({ RANGEWARDEN_GUARD: 'lax' })).toMatch(
      /RANGEWARDEN_GUARD .*"lax".*cautious, permissive/,
    )
    expect(said({ RANGEWARDEN_GUARD: 'Chine=permissive' })).toMatch(/"Chine".*China/)
  })

  it('names every rule about who may ask for how much that is broken', () => {
    const text = said({
      RANGEWARDEN_READ_TOKEN: 'a token',
      RANGEWARDEN_RATE_LIMIT: 'many',
      RANGEWARDEN_TRUSTED_PROXIES: '10.0.0.0/33',
      RANGEWARDEN_ACCESS_LOG: 'yes',
    })
    expect(text).toMatch(/RANGEWARDEN_READ_TOKEN .*value hidden.*printable ASCII without spaces/)
    expect(text).toMatch(/RANGEWARDEN_RATE_LIMIT .*"many".*whole number of requests a minute/)
    expect(text).toMatch(/RANGEWARDEN_TRUSTED_PROXIES .*"10\.0\.0\.0\/33"/)
    expect(text).toMatch(/RANGEWARDEN_ACCESS_LOG .*"yes": on or off/)
    expect(printConfig(read({ RANGEWARDEN_READ_TOKEN: 's3cret' }))).toMatchObject({
      RANGEWARDEN_READ_TOKEN: '(set)',
      RANGEWARDEN_ACCESS_LOG: 'off',
    })
  })

  it('is frozen', () => {
    const config = read()
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.clouds)).toBe(true)
    expect(Object.isFrozen(config.squidClients)).toBe(true)
  })

  it('takes the command line before the environment, that before the file, that before defaults', () => {
    const files = filesOf({
      'rw.yaml': [
        '# our site',
        'RANGEWARDEN_CLOUDS: [Public, China]',
        'RANGEWARDEN_PORT: 1',
        'RANGEWARDEN_HOST: file.example',
        'RANGEWARDEN_ADMIN_TOKEN: 0123e5',
      ].join('\n'),
    })
    const environment = {
      RANGEWARDEN_CONFIG: 'rw.yaml',
      RANGEWARDEN_PORT: '2',
      RANGEWARDEN_HOST: 'environment.example',
    }
    const config = readConfig(environment, files, { port: '3', host: undefined, dataDir: '' })
    expect(config).toMatchObject({
      port: 3,
      host: 'environment.example',
      clouds: ['Public', 'China'],
      adminToken: '0123e5',
      dataDir: './data',
    })
  })

  it('takes empty text for not set', () => {
    expect(read({ RANGEWARDEN_PORT: '', RANGEWARDEN_ADMIN_TOKEN: '', HTTPS_PROXY: '' })).toEqual(
      read(),
    )
  })

  it('takes the lower-case name of a proxy first, as other programs do', () => {
    const config = read({
      https_proxy: 'http://low:1',
      HTTPS_PROXY: 'http://high:1',
      no_proxy: 'a',
    })
    expect(config).toMatchObject({ httpsProxy: 'http://low:1', noProxy: 'a' })
  })

  it('leaves names of other programs alone, and those of the tests', () => {
    expect(read({ PATH: '/bin', RANGEWARDEN_REAL_DATA: '/data', RANGE: 'x' })).toEqual(read())
  })

  it('gives the environment of the process', () => {
    expect(processEnvironment()['PATH']).toBe(process.env['PATH'])
  })
})

describe('a wrong setting', () => {
  it.each([
    ['RANGEWARDEN_CLOUDS', 'public', /"public" is none of Public.*did you mean Public\?/],
    ['RANGEWARDEN_CLOUDS', 'Public,Public', /Public is named twice/],
    ['RANGEWARDEN_CLOUDS', ',', /at least one cloud/],
    ['RANGEWARDEN_SCHEDULE', '61 * * * *', /not a node-cron expression: 61/],
    ['RANGEWARDEN_SCHEDULE', 'weekly', /not a node-cron expression/],
    ['RANGEWARDEN_SOURCE', 'discovery-api', /a source is one of microsoft, folder:PATH/],
    ['RANGEWARDEN_SOURCE', 'folder:', /a source is one of microsoft, folder:PATH/],
    ['RANGEWARDEN_PUBLISHER_URL', 'https://mirror.example/tags', /one origin/],
    ['RANGEWARDEN_PUBLISHER_URL', 'ftp://mirror.example', /one origin/],
    ['RANGEWARDEN_PUBLISHER_URL', 'mirror.example:80', /one origin/],
    ['RANGEWARDEN_HOST', '[::1]', /without brackets/],
    ['RANGEWARDEN_HOST', '127.0.0.256', /an IPv4 or IPv6 address/],
    ['RANGEWARDEN_PORT', '65536', /from 0 \(any free one\) to 65535/],
    ['RANGEWARDEN_PORT', '080', /a whole number/],
    ['RANGEWARDEN_PORT', '8080 ', /a whole number/],
    ['DATABASE_URL', 'mysql://db.example/x', /written postgresql:/],
    ['RANGEWARDEN_PAC_PROXY', 'proxy.example:8080', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_PROXY', 'PROXY proxy.example', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_PROXY', 'PROXY a:1,DIRECT', /separated by ";"/],
    ['RANGEWARDEN_PAC_PROXY', 'PROXY a"+alert(1)+":80', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_PROXY', 'PROXY pröxy.example:80', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_PROXY', 'PROXY 2001:db8::1:80', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_FALLBACK', 'PROXY a:0', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_FALLBACK', 'PROXY a:70000', /DIRECT, or PROXY/],
    ['RANGEWARDEN_PAC_FALLBACK', 'DIRECT; ', /DIRECT, or PROXY/],
    ['RANGEWARDEN_SQUID_CLIENTS', '10.0.0.1/8', /"10\.0\.0\.1\/8": host bits are set/],
    ['RANGEWARDEN_SQUID_CLIENTS', '10.0.0.0/8,0.0.0.0/0', /0\.0\.0\.0\/0 would admit everybody/],
    ['RANGEWARDEN_SQUID_CLIENTS', '0.0.0.0/1, 128.0.0.0/1', /would admit everybody/],
    ['RANGEWARDEN_SQUID_CLIENTS', '::/0', /::\/0 would admit everybody/],
    ['RANGEWARDEN_SQUID_CLIENTS', 'connector.example', /"connector.example": an IPv4 octet/],
    ['RANGEWARDEN_LOG_LEVEL', 'verbose', /one of fatal, error/],
    ['RANGEWARDEN_ADMIN_TOKEN', 'two words', /printable ASCII without spaces/],
    ['HTTPS_PROXY', 'proxy.example:3128', /a proxy is written http:/],
    ['HTTP_PROXY', 'socks5://proxy.example:1080', /a proxy is written http:/],
  ])('%s=%s is refused by its rule', (name, value, rule) => {
    const message = said({ [name]: value })
    expect(message.startsWith(`Wrong setting: ${name} (environment) `)).toBe(true)
    expect(message).toMatch(rule)
  })

  it('is an error for the caller, with exit code and facts', () => {
    const error = mistakeOf(() => read({ RANGEWARDEN_PORT: 'x' }))
    expect(error.code).toBe('invalid-input')
    expect(error.facts).toEqual({
      mistakes: [
        'RANGEWARDEN_PORT (environment) "x": a port is a whole number from 0 (any free one) to 65535',
      ],
    })
  })

  it('is a read token that is the admin token too: whoever reads could change lists', () => {
    const message = said({
      RANGEWARDEN_ADMIN_TOKEN: 's3cret',
      RANGEWARDEN_READ_TOKEN: 'old-one, s3cret',
      RANGEWARDEN_PORT: 'x',
    })
    expect(message).toMatch(/^2 wrong settings:\n/)
    expect(message).toMatch(/RANGEWARDEN_READ_TOKEN \(environment\).*RANGEWARDEN_ADMIN_TOKEN/)
    expect(message).not.toContain('s3cret')
    const alone = { RANGEWARDEN_ADMIN_TOKEN: 's3cret', RANGEWARDEN_READ_TOKEN: 's3cret2, s3' }
    expect(read(alone).readTokens).toEqual(['s3cret2', 's3'])
  })

  it('is reported together with all others', () => {
    const files = filesOf({ 'rw.yaml': 'RANGEWARDEN_LOG_LEVEL: loud\nRANGEWARDEN_COLOUR: blue\n' })
    const environment = {
      RANGEWARDEN_CONFIG: 'rw.yaml',
      RANGEWARDEN_CLOUDS: 'Mars',
      RANGEWARDEN_SCHEDUL: '* * * * *',
      DATABASE_URL_FILE: '/run/secrets/gone',
    }
    const error = mistakeOf(() => readConfig(environment, files, { dataDir: 'x', port: '-1' }))
    expect(error.message.split('\n')).toEqual([
      '6 wrong settings:',
      '  RANGEWARDEN_SCHEDUL (environment): there is no such setting (did you mean RANGEWARDEN_SCHEDULE?)',
      '  RANGEWARDEN_COLOUR (rw.yaml): there is no such setting (did you mean RANGEWARDEN_CLOUDS?)',
      expect.stringContaining(
        'DATABASE_URL_FILE "/run/secrets/gone" (environment): cannot be read',
      ),
      expect.stringContaining('RANGEWARDEN_CLOUDS (environment) "Mars": "Mars" is none of'),
      expect.stringContaining('--port "-1": a port is'),
      expect.stringContaining('RANGEWARDEN_LOG_LEVEL (rw.yaml) "loud": one of'),
    ])
  })

  it.each([
    ['RANGEWARDEN_CLOUD', 'RANGEWARDEN_CLOUDS'],
    ['RANGEWARDEN_ADMINTOKEN_FILE', 'RANGEWARDEN_ADMIN_TOKEN_FILE'],
    ['RANGEWARDEN_DATADIR', 'RANGEWARDEN_DATA_DIR'],
  ])('%s is unknown, and the nearest name is %s', (name, nearest) => {
    expect(said({ [name]: 'x' })).toContain(`(did you mean ${nearest}?)`)
  })

  it('has no suggestion when nothing is near', () => {
    expect(said({ RANGEWARDEN_COMPLETELY_ELSE: 'x' })).toMatch(/there is no such setting$/)
  })

  it('that Kubernetes put there is explained once', () => {
    const message = said({
      RANGEWARDEN_PORT: 'tcp://10.96.0.7:80',
      RANGEWARDEN_PORT_80_TCP: 'tcp://10.96.0.7:80',
      RANGEWARDEN_PORT_80_TCP_PROTO: 'tcp',
      RANGEWARDEN_SERVICE_HOST: '10.96.0.7',
      RANGEWARDEN_SERVICE_PORT: '80',
      RANGEWARDEN_SERVICE_PORT_HTTP: '80',
      RANGEWARDEN_POSTGRES_PORT: 'tcp://10.96.0.8:5432',
    })
    expect(message).toContain('RANGEWARDEN_PORT "tcp://10.96.0.7:80"')
    expect(message).toContain('enableServiceLinks: false')
    expect(message.split('\n')).toHaveLength(1)
  })
})

describe('a setting that is an option of a format', () => {
  const options = exporters.flatMap((exporter) => exporter.options)

  it.each([
    'DIRECT',
    'PROXY a:1;DIRECT',
    ' PROXY a:1 ; DIRECT',
    'SOCKS4 a:1',
    'SOCKS4 [2001:DB8::1]:1080',
    'PROXY 127.0.0.256:1',
    'PROXY 1:1',
    'PROXY a:080',
    'DIRECT;',
    '10.0.0.1',
    '10.0.0.0/8,',
    '2001:db8::7, 10.0.0.0/8',
    '0.0.0.0/0',
    ',',
  ])('has one rule for both: %j', (value) => {
    expect(options.length).toBeGreaterThan(2)
    for (const option of options) {
      const { setting } = option
      const asSetting = [value].filter((given) => {
        try {
          return read({ [setting]: given })
        } catch {
          return false
        }
      })
      expect(asSetting, setting).toEqual(option.check(value) === undefined ? [value] : [])
    }
  })

  it('reaches the format as every client reads it', () => {
    const config = read({ RANGEWARDEN_PAC_PROXY: ' SOCKS4 a:1;DIRECT' })
    expect(settingTexts(config)).toMatchObject({ RANGEWARDEN_PAC_PROXY: 'SOCKS4 a:1; DIRECT' })
  })
})

describe('a file of settings', () => {
  const environment = { RANGEWARDEN_CONFIG: 'rw.yaml' }

  it('may be empty', () => {
    expect(readConfig(environment, filesOf({ 'rw.yaml': '# nothing yet\n' }))).toEqual(read())
  })

  it.each([
    ['- a list', /names with texts or lists/],
    ['RANGEWARDEN_PORT: {http: 80}', /names with texts or lists/],
    ['RANGEWARDEN_PORT: 1\nRANGEWARDEN_PORT: 2', /not readable as YAML/],
    ['RANGEWARDEN_ADMIN_TOKEN: "s3cret\n', /not readable as YAML/],
    ['RANGEWARDEN_CONFIG: other.yaml', /RANGEWARDEN_CONFIG \(rw\.yaml\): there is no such setting/],
  ])('that says %j is refused', (text, rule) => {
    const error = mistakeOf(() => readConfig(environment, filesOf({ 'rw.yaml': text })))
    expect(error.message).toMatch(rule)
    expect(error.message).not.toContain('s3cret')
  })

  it('that is missing is named', () => {
    expect(said(environment)).toMatch(/RANGEWARDEN_CONFIG "rw\.yaml": .*ENOENT/)
  })
})

describe('a secret', () => {
  const files = filesOf({
    '/run/token': 's3cret\n',
    '/run/db': 'postgres://u:pw@db/x\r\n',
    '/run/0': '\n',
  })

  it('is read from the file that its twin names', () => {
    const environment = { RANGEWARDEN_ADMIN_TOKEN_FILE: '/run/token', DATABASE_URL_FILE: '/run/db' }
    expect(readConfig(environment, files)).toMatchObject({
      adminToken: 's3cret',
      databaseUrl: 'postgres://u:pw@db/x',
    })
  })

  it('must not be given twice in one place', () => {
    const environment = { RANGEWARDEN_ADMIN_TOKEN: 'x', RANGEWARDEN_ADMIN_TOKEN_FILE: '/run/token' }
    expect(mistakeOf(() => readConfig(environment, files)).message).toBe(
      'Wrong setting: RANGEWARDEN_ADMIN_TOKEN and RANGEWARDEN_ADMIN_TOKEN_FILE (environment): only one may be set',
    )
  })

  it('must not be an empty file', () => {
    const environment = { RANGEWARDEN_ADMIN_TOKEN_FILE: '/run/0' }
    expect(mistakeOf(() => readConfig(environment, files)).message).toMatch(/the file is empty/)
  })

  it('is never part of an error message', () => {
    const environment = {
      RANGEWARDEN_ADMIN_TOKEN: 's3 cret',
      DATABASE_URL: 'host=db password=s3cret',
      HTTPS_PROXY: 'user:s3cret@proxy:8080',
      RANGEWARDEN_PUBLISHER_URL: 'https://user:s3cret@mirror.example',
    }
    const message = said(environment)
    expect(message).toContain('4 wrong settings')
    expect(message).not.toMatch(/s3 ?cret/)
  })

  it('is never printed', () => {
    const printed = printConfig(
      read({
        RANGEWARDEN_ADMIN_TOKEN: 's3cret',
        DATABASE_URL: 'postgresql://rw:s3cret@db.example:5432/rw?sslpassword=s3cret&x=1',
        HTTPS_PROXY: 'http://rw:s3cret@proxy.example:3128',
        HTTP_PROXY: 'http://proxy.example:3128',
      }),
    )
    expect(printed).toMatchObject({
      RANGEWARDEN_ADMIN_TOKEN: '(set)',
      DATABASE_URL: 'postgresql://rw:***@db.example:5432/rw?sslpassword=***&x=1',
      HTTPS_PROXY: 'http://rw:***@proxy.example:3128',
      HTTP_PROXY: 'http://proxy.example:3128',
    })
    expect(JSON.stringify(printed)).not.toContain('s3cret')
  })
})

describe('the table of settings', () => {
  it('is printed whole, with what is not set', () => {
    const printed = printConfig(read({ RANGEWARDEN_CLOUDS: 'Public,China' }))
    expect(Object.keys(printed)).toEqual(describeSettings().map(({ name }) => name))
    expect(printed).toMatchObject({
      RANGEWARDEN_CLOUDS: 'Public, China',
      RANGEWARDEN_PORT: '8080',
      RANGEWARDEN_SQUID_CLIENTS: '127.0.0.1/32, ::1/128',
      RANGEWARDEN_ADMIN_TOKEN: '(not set)',
    })
  })

  it('gives the texts that hold no secret, for the options of formats', () => {
    const config = read({
      RANGEWARDEN_ADMIN_TOKEN: 's3cret',
      HTTPS_PROXY: 'http://proxy.example:3128',
      RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
      RANGEWARDEN_SQUID_CLIENTS: '10.1.0.0/16,10.2.0.1',
    })
    const texts = settingTexts(config)
    expect(texts).toMatchObject({
      RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
      RANGEWARDEN_SQUID_CLIENTS: '10.1.0.0/16, 10.2.0.1/32',
    })
    expect(Object.keys(texts)).not.toContain('RANGEWARDEN_ADMIN_TOKEN')
    expect(Object.keys(texts)).not.toContain('HTTPS_PROXY')
    expect(Object.keys(texts)).not.toContain('RANGEWARDEN_PAC_FALLBACK')
  })

  it('has a sentence for each, and printed values can be read again', () => {
    for (const { name, sentence } of describeSettings()) {
      expect(sentence, name).toMatch(/^[A-Z].*\.$/)
    }
    const printed = Object.entries(printConfig(read())).filter(([, value]) => value !== '(not set)')
    expect(read(Object.fromEntries(printed))).toEqual(read())
  })
})

describe('the documents generated from the settings', () => {
  const script = resolve('scripts/write-docs.ts')
  const run = (folder: string, ...options: string[]) =>
    spawnSync(process.execPath, [script, ...options], { cwd: folder, encoding: 'utf8' })

  it('are up to date', () => {
    const { stderr, status } = run(resolve('.'), '--check')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  })

  it('are written, and found stale once they differ', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'docs'))
    expect(run(folder, '--check').status).toBe(1)
    expect(run(folder).stderr).toContain('Written: docs/configuration.md, .env.example')
    expect(run(folder, '--check').status).toBe(0)
    appendFileSync(join(folder, '.env.example'), 'x')
    const stale = run(folder, '--check')
    expect(stale.status).toBe(1)
    expect(stale.stderr).toContain('Stale: .env.example.')
  })
})
