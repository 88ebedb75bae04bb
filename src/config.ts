/**
 * Every setting: name, default, one sentence and the rule its text must keep. The environment is
 * read here and nowhere else; the rest of the program gets a typed, frozen object. All mistakes are
 * reported together, so that a new site is set up in two starts instead of ten.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import {
  CONFIG_FILE,
  environmentLayer,
  fileLayer,
  givenIn,
  unknownVariables,
  type Environment,
  type Given,
  type ReadText,
  type SettingFacts,
} from './config/layers.ts'
import { brokenTogether } from './config/cross-rules.ts'
import { parseClientNetworks } from './core/client-networks.ts'
import { RangewardenError } from './core/errors.ts'
import { parsePacAnswer } from './core/pac-answer.ts'
import type { Result } from './core/result.ts'
import { parseYesNo } from './core/yes-no.ts'
import * as rules from './config/rules.ts'

const facts = z.registry<SettingFacts>()

function text<T>(read: (value: string) => Result<T>): z.ZodType<T, string> {
  return z.string().transform((value, context) => {
    const result = read(value)
    if (result.ok) return result.value
    context.addIssue({ code: 'custom', message: result.reason })
    return z.NEVER
  })
}

function setting<T>(
  read: (value: string) => Result<T>,
  about: SettingFacts & { readonly default: string },
) {
  return text(read).register(facts, about)
}

function optionalSetting<T>(read: (value: string) => Result<T>, about: SettingFacts) {
  return text(read).optional().register(facts, about)
}

const SETTINGS = z
  .object({
    clouds: setting(rules.clouds, {
      name: 'RANGEWARDEN_CLOUDS',
      default: 'Public',
      sentence:
        'Clouds to follow, separated by commas: Public, AzureGovernment, China, AzureGermany.',
    }),
    schedule: setting(rules.schedule, {
      name: 'RANGEWARDEN_SCHEDULE',
      default: '17 */6 * * *',
      sentence: 'When to look for a new file, as a node-cron expression; jitter is added.',
    }),
    source: setting(rules.source, {
      name: 'RANGEWARDEN_SOURCE',
      default: 'microsoft',
      sentence:
        'Where files come from: `microsoft`, or `folder:PATH` for the newest file per cloud.',
    }),
    publisherUrl: optionalSetting(rules.origin, {
      name: 'RANGEWARDEN_PUBLISHER_URL',
      // It has no password, but someone may try.
      secret: 'inside',
      sentence:
        'One origin used instead of www.microsoft.com and download.microsoft.com, with the same ' +
        'paths: a mirror inside the network. Plain http is accepted only here.',
    }),
    mirrorUrl: optionalSetting(rules.origin, {
      name: 'RANGEWARDEN_MIRROR_URL',
      secret: 'inside',
      sentence:
        'A second origin with the same paths, asked when the publisher itself gives nothing. Plain ' +
        'http is accepted here too.',
    }),
    guard: setting(rules.guard, {
      name: 'RANGEWARDEN_GUARD',
      default: 'cautious',
      sentence:
        'How much a file may change without a person: `cautious` or `permissive`, and clouds that ' +
        'differ, as in `cautious, China=permissive`.',
    }),
    host: setting(rules.host, {
      name: 'RANGEWARDEN_HOST',
      default: '127.0.0.1',
      sentence: 'Address to listen on.',
    }),
    port: setting(rules.port, {
      name: 'RANGEWARDEN_PORT',
      default: '8080',
      sentence: 'Port to listen on; 0 picks a free one and logs it.',
    }),
    tlsCert: optionalSetting(rules.path, {
      name: 'RANGEWARDEN_TLS_CERT',
      sentence:
        'PEM file with the certificate to serve https with, and the chain behind it; with it nothing ' +
        'is served over plain http. A file that is replaced is taken within a minute.',
    }),
    tlsKey: optionalSetting(rules.path, {
      name: 'RANGEWARDEN_TLS_KEY',
      sentence: 'PEM file with the private key of RANGEWARDEN_TLS_CERT, without a passphrase.',
    }),
    role: setting(rules.role, {
      name: 'RANGEWARDEN_ROLE',
      default: 'all',
      sentence:
        'What this process does: `api` serves lists and the API, `worker` follows the clouds and ' +
        'sends webhooks, `all` does both. Roles are split only with DATABASE_URL.',
    }),
    publicUrl: optionalSetting(rules.origin, {
      name: 'RANGEWARDEN_PUBLIC_URL',
      secret: 'inside',
      sentence:
        'The origin under which people reach the service, such as `https://ranges.example`, for links ' +
        'in webhooks, feeds and reports; without it they are paths.',
    }),
    drainSeconds: setting(rules.drainSeconds, {
      name: 'RANGEWARDEN_DRAIN_SECONDS',
      default: '5',
      sentence:
        'How long a replica with DATABASE_URL that is told to stop (SIGTERM) still serves while ' +
        '/health/ready says 503, so that load balancers take it out first.',
    }),
    webhookAllow: optionalSetting(rules.networks, {
      name: 'RANGEWARDEN_WEBHOOK_ALLOW',
      sentence:
        'Networks (CIDRs), separated by commas, that a webhook may reach although they are private or ' +
        'loopback, also over plain http.',
    }),
    eventDays: setting(rules.days, {
      name: 'RANGEWARDEN_EVENT_DAYS',
      default: '90',
      sentence: 'For how many days events and their deliveries are kept after they ended.',
    }),
    reportSchedule: optionalSetting(rules.schedule, {
      name: 'RANGEWARDEN_REPORT_SCHEDULE',
      sentence:
        'When the report of the last week is sent to webhooks, as a node-cron expression such as ' +
        '`0 7 * * 1`; without it never.',
    }),
    dataDir: setting(rules.path, {
      name: 'RANGEWARDEN_DATA_DIR',
      default: './data',
      sentence: 'Folder of the embedded database, for one process only.',
    }),
    databaseUrl: optionalSetting(rules.postgresUrl, {
      name: 'DATABASE_URL',
      secret: 'inside',
      fileTwin: true,
      sentence: 'PostgreSQL (15 or later) instead of the embedded database.',
    }),
    pacProxy: optionalSetting(parsePacAnswer, {
      name: 'RANGEWARDEN_PAC_PROXY',
      sentence:
        'What a PAC file answers for names on the list, such as `PROXY proxy.example:8080`; ' +
        'without it PAC files are refused.',
    }),
    pacFallback: optionalSetting(parsePacAnswer, {
      name: 'RANGEWARDEN_PAC_FALLBACK',
      sentence:
        'What a PAC file answers for all other names, such as `DIRECT`; without it PAC files ' +
        'are refused.',
    }),
    squidClients: setting(parseClientNetworks, {
      name: 'RANGEWARDEN_SQUID_CLIENTS',
      default: '127.0.0.1/32, ::1/128',
      sentence:
        'Addresses and networks of the connectors, separated by commas: the only clients that ' +
        'Squid rules admit.',
    }),
    connectorProxy: optionalSetting(rules.connectorProxy, {
      name: 'RANGEWARDEN_CONNECTOR_PROXY',
      sentence:
        'The proxy of the connectors, such as `http://proxy.example:8080`, for the scripts of the ' +
        'connector kit; without it those that set it are refused.',
    }),
    connectorConnect80: setting(parseYesNo, {
      name: 'RANGEWARDEN_CONNECTOR_CONNECT_80',
      default: 'no',
      sentence:
        'Whether the port plan of the connector kit lets connectors tunnel (CONNECT) to port 80 too: ' +
        '`yes` or `no`.',
    }),
    nftablesTable: setting(rules.nftablesTable, {
      name: 'RANGEWARDEN_NFTABLES_TABLE',
      default: 'inet rangewarden',
      sentence:
        'The table of nftables that sets are put into: rules see the sets of their own table alone.',
    }),
    adminToken: optionalSetting(rules.token, {
      name: 'RANGEWARDEN_ADMIN_TOKEN',
      secret: 'whole',
      fileTwin: true,
      sentence:
        'Bearer token for the operations that change something; without it they answer 403.',
    }),
    readTokens: optionalSetting(rules.tokens, {
      name: 'RANGEWARDEN_READ_TOKEN',
      secret: 'whole',
      fileTwin: true,
      sentence:
        'Tokens for reading, one or several separated by commas, sent as bearer token or as the ' +
        'password of Basic authentication; without it everybody may read.',
    }),
    rateLimit: setting(rules.rateLimit, {
      name: 'RANGEWARDEN_RATE_LIMIT',
      default: '6000',
      sentence:
        'Requests that one client may make in a minute, those that compute something counting ' +
        'twenty times; 0 for no limit.',
    }),
    trustedProxies: optionalSetting(parseClientNetworks, {
      name: 'RANGEWARDEN_TRUSTED_PROXIES',
      sentence:
        'Addresses and networks of proxies, separated by commas, whose X-Forwarded-For tells who ' +
        'the client is.',
    }),
    accessLog: setting(rules.onOrOff, {
      name: 'RANGEWARDEN_ACCESS_LOG',
      default: 'off',
      sentence: 'A line of JSON on stdout for every request: `on` or `off`.',
    }),
    logLevel: setting(rules.logLevel, {
      name: 'RANGEWARDEN_LOG_LEVEL',
      default: 'info',
      sentence: `Least important messages to log: ${rules.LOG_LEVELS.join(', ')}.`,
    }),
    httpsProxy: optionalSetting(rules.proxyUrl, {
      name: 'HTTPS_PROXY',
      aliases: ['https_proxy'],
      secret: 'inside',
      sentence: 'Proxy for requests to https addresses.',
    }),
    httpProxy: optionalSetting(rules.proxyUrl, {
      name: 'HTTP_PROXY',
      aliases: ['http_proxy'],
      secret: 'inside',
      sentence: 'Proxy for requests to http addresses, and to https ones when it alone is set.',
    }),
    noProxy: optionalSetting(rules.hostList, {
      name: 'NO_PROXY',
      aliases: ['no_proxy'],
      sentence:
        'Hosts that are reached without a proxy, separated by commas: names with the names below ' +
        'them, single addresses, `HOST:PORT`, or `*`; networks are not understood.',
    }),
  })
  .readonly()

/** Every setting's value, checked; frozen. Absent settings are undefined. */
export type Config = z.output<typeof SETTINGS>

type SettingKey = keyof Config

/** Settings from the command line, by their key: `port` is `--port`. They win. */
export type Overrides = { readonly [Key in SettingKey]?: string | undefined }

/** What the process was started with: the only place that looks. */
export function processEnvironment(): Environment {
  return process.env
}

/**
 * Reads the settings: the command line wins over the environment, that over the YAML file named by
 * RANGEWARDEN_CONFIG, that over the defaults; empty text counts as not set. Throws one
 * `invalid-input` that lists every mistake with its name, value and rule.
 */
export function readConfig(
  environment: Environment,
  readText: ReadText = (path) => readFileSync(path, 'utf8'),
  overrides: Overrides = {},
): Config {
  const all = KEYS.map(factsOf)
  const mistakes = unknownVariables(environment, all)
  const layers = [
    environmentLayer(environment),
    ...fileLayer(environment[CONFIG_FILE], all, readText, mistakes),
  ]
  const given = new Map<SettingKey, Given>()
  for (const key of KEYS) {
    const override = overrides[key]
    const value = override
      ? { value: override, label: optionOf(key) }
      : givenIn(layers, factsOf(key), readText, mistakes)
    if (value) given.set(key, value)
  }
  const raw = Object.fromEntries([...given].map(([key, { value }]) => [key, value]))
  const checked = SETTINGS.safeParse(raw)
  for (const { path, message } of checked.error?.issues ?? []) {
    const key = KEYS.find((known) => known === path[0])
    const found = key && given.get(key)
    mistakes.push(
      found ? `${found.label} ${shown(factsOf(key), found.value)}: ${message}` : message,
    )
  }
  mistakes.push(...brokenTogether(given))
  if (checked.success && mistakes.length === 0) return checked.data
  const [first = '', ...others] = mistakes
  const message =
    others.length === 0
      ? `Wrong setting: ${first}`
      : `${mistakes.length} wrong settings:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`
  throw new RangewardenError('invalid-input', message, { mistakes })
}

export interface SettingRow {
  readonly name: string
  readonly default: string | undefined
  readonly sentence: string
  /** True if NAME_FILE may name a file instead. */
  readonly fileTwin: boolean
}

/** The table, for documents. */
export function describeSettings(): SettingRow[] {
  return KEYS.map((key) => {
    const { name, default: standard, sentence, fileTwin } = factsOf(key)
    return { name, default: standard, sentence, fileTwin: fileTwin ?? false }
  })
}

/** The effective values by name, secrets hidden: what `rangewarden config print` shows. */
export function printConfig(config: Config): Record<string, string> {
  return Object.fromEntries(
    KEYS.map((key) => {
      const about = factsOf(key)
      const value = config[key]
      if (value === undefined) return [about.name, '(not set)']
      if (about.secret === 'whole') return [about.name, '(set)']
      return [about.name, about.secret ? withoutPassword(textOf(value)) : textOf(value)]
    }),
  )
}

/** The values of the settings that hold no secret, by name: formats have options that name one. */
export function settingTexts(config: Config): Record<string, string> {
  return Object.fromEntries(
    KEYS.flatMap((key) => {
      const { name, secret } = factsOf(key)
      const value = config[key]
      return value === undefined || secret ? [] : [[name, textOf(value)]]
    }),
  )
}

const KEYS: readonly SettingKey[] = SETTINGS.unwrap().keyof().options

function factsOf(key: SettingKey): SettingFacts {
  const about = facts.get(SETTINGS.unwrap().shape[key])
  if (!about) throw new Error(`the setting ${key} is not described`)
  return about
}

function textOf(value: NonNullable<Config[SettingKey]>): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'object') return String(value)
  return value.map((item) => (typeof item === 'string' ? item : item.text)).join(', ')
}

/** `dataDir` -> `--data-dir` */
function optionOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** A value in an error message; what could hold a secret is not shown at all: it may be misplaced. */
function shown({ secret }: SettingFacts, value: string): string {
  return secret ? '(value hidden)' : JSON.stringify(value)
}

/** `postgresql://user:***@host/db`; also a password among the parameters, as libpq takes it. */
function withoutPassword(url: string): string {
  return url
    .replace(/^([^/]*\/\/[^:/@]*):.*@/s, '$1:***@')
    .replaceAll(/([?&][a-z]*password=)[^&]*/gi, '$1***')
}
