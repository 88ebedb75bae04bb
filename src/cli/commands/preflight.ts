/** `preflight`: whether a connector behind a proxy would reach what it must, and nothing past it. */
import { InvalidArgumentError } from 'commander'
import { isCloud, type Cloud } from '../../core/cloud.ts'
import { parseConnectorProxy, type ConnectorProxy } from '../../core/connector-proxy.ts'
import { formatPort, mergePorts } from '../../core/endpoint-rule.ts'
import { ERROR_CODES, invalidInput } from '../../core/errors.ts'
import { VERDICTS, type Check, type Finding, type Verdict } from '../../preflight/contract.ts'
import { planChecks } from '../../preflight/plan.ts'
import { runPreflight, thisHost, type Host, type Preflight } from '../../preflight/run.ts'
import { isFault, leavesOpen } from '../../preflight/verdicts.ts'
import { collect, type CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../progress.ts'
import { parseSeconds } from '../seconds.ts'
import { counted, table, type Column } from '../table.ts'

interface PreflightOptions {
  readonly proxy?: string
  readonly cloud: Cloud
  readonly legacy?: boolean
  readonly name?: readonly string[]
  readonly timeout: number
}

const DEFAULT_SECONDS = 10

/** As a shell reports a command that Ctrl-C ended. */
const INTERRUPTED = 130

export const preflight: CliCommand = preflightFrom(thisHost)

/** The command on a host of the caller's. */
export function preflightFrom(host: Host): CliCommand {
  return {
    name: 'preflight',
    localOnly: 'it tries the proxy from this machine; a service elsewhere would try it from there',

    describe(command) {
      command
        .description("try a connector's required names and ports through a proxy")
        .option('--proxy <url>', 'http://HOST:PORT; by default RANGEWARDEN_CONNECTOR_PROXY')
        .option('--cloud <cloud>', 'Public or AzureGovernment', parseCloud, 'Public')
        .option('--legacy', 'names and ports of connectors older than 1.5.132.0 too')
        .option('--name <names...>', 'hosts to test wildcards with: tenant.msappproxy.net', collect)
        .option('--timeout <seconds>', 'for each check', parseSeconds, DEFAULT_SECONDS)
        .addHelpText('after', helpText)
    },

    async run(context, command) {
      const options = command.opts<PreflightOptions>()
      const { cloud, legacy = false, name: names = [] } = options
      const proxy = proxyOf(context, options)
      const checks = planChecks({ cloud, isLegacy: legacy, names })
      const done = await perform(checks, proxy, options, context, host)
      const isWhole = done.findings.length === checks.length
      const summary = { proxy: proxy.url, cloud, legacy, ok: isWhole && isWell(done) }
      if (context.json) context.io.printJson({ ...summary, ...preflightView(done) })
      else context.io.print(preflightText(done))
      if (!isWhole) {
        context.io.say(
          `stopped: ${counted(checks.length - done.findings.length, 'check')} not made`,
        )
        return INTERRUPTED
      }
      return summary.ok ? 0 : ERROR_CODES['upstream-refused'].exit
    },
  }
}

function proxyOf(
  { readConfig, dataDir }: Context,
  { proxy: given }: PreflightOptions,
): ConnectorProxy {
  const text = given ?? readConfig({ dataDir }).connectorProxy
  if (text === undefined) {
    throw invalidInput('--proxy http://HOST:PORT, or RANGEWARDEN_CONNECTOR_PROXY, is needed')
  }
  const proxy = parseConnectorProxy(text)
  if (proxy.ok) return proxy.value
  throw invalidInput(`--proxy "${text}": ${proxy.reason}`)
}

async function perform(
  checks: readonly Check[],
  proxy: ConnectorProxy,
  { timeout }: PreflightOptions,
  { io, stop }: Context,
  host: Host,
): Promise<Preflight> {
  const progress = createProgress(io, checks.length)
  progress.show(0, proxy.url)
  try {
    return await runPreflight(checks, {
      proxy,
      host,
      timeoutMs: timeout * 1000,
      stop,
      onFinding: (done, { check }) => progress.show(done, check.name),
    })
  } finally {
    progress.clear()
  }
}

function isWell({ findings }: Preflight): boolean {
  return findings.every((finding) => !isFault(finding.verdict) && !leavesOpen(finding))
}

/**
 * `untested` is what keeps a result without a fault from being well; `addresses` is what this host
 * resolves itself, null where it is not known.
 */
function preflightView({ findings, addresses }: Preflight) {
  return {
    counts: Object.fromEntries(countsOf(findings)),
    untested: folded(findings.filter(leavesOpen)).map(({ check, reason }) => ({
      method: check.method,
      name: check.name,
      ports: check.ports.map(formatPort),
      reason,
    })),
    checks: findings.map(({ check, verdict, reason, status, issuer }) => ({
      method: check.method,
      name: check.name,
      required: check.required,
      ports: check.ports.map(formatPort),
      path: check.path ?? null,
      phase: check.phase,
      verdict,
      fault: isFault(verdict),
      reason,
      status: status ?? null,
      issuer: issuer ?? null,
      addresses: addresses.get(check.name) ?? null,
    })),
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'CHECK' },
  { title: 'NAME' },
  { title: 'PORT' },
  { title: 'VERDICT' },
  { title: 'WHY' },
]

function preflightText({ findings, addresses }: Preflight): string {
  if (findings.length === 0) return ''
  const rows = folded(findings).map(({ check, verdict, reason }) => {
    const ports = check.ports.map(formatPort).join(', ')
    return [check.method, check.name, ports, verdict, reason]
  })
  return `${table(COLUMNS, rows)}\n${summaryText(findings)}${untestedText(findings)}${resolvedText(addresses)}`
}

/** One row for neighbours that differ in their port alone: 21 legacy ports have one reason. */
function folded(findings: readonly Finding[]): Finding[] {
  const rows: Finding[] = []
  for (const finding of findings) {
    const before = rows.at(-1)
    if (!before || sayingOf(before) !== sayingOf(finding)) rows.push(finding)
    else {
      const ports = mergePorts([...before.check.ports, ...finding.check.ports])
      rows[rows.length - 1] = { ...before, check: { ...before.check, ports } }
    }
  }
  return rows
}

function sayingOf({ check, verdict, reason }: Finding): string {
  return JSON.stringify([check.method, check.name, verdict, reason])
}

function countsOf(findings: readonly Finding[]): [Verdict, number][] {
  return VERDICTS.map((wanted): [Verdict, number] => {
    return [wanted, findings.filter(({ verdict }) => verdict === wanted).length]
  }).filter(([, count]) => count > 0)
}

function summaryText(findings: readonly Finding[]): string {
  const counts = countsOf(findings).map(([verdict, count]) => `${count} ${verdict}`)
  return `${counted(findings.length, 'check')}: ${counts.join(', ')}\n`
}

/** What is missing for a result that is well, and which names to give for it. */
function untestedText(findings: readonly Finding[]): string {
  const open = folded(findings.filter(leavesOpen))
  if (open.length === 0) return ''
  const isElseWell = findings.every(({ verdict }) => !isFault(verdict))
  const what = open.map(({ check: { method, name, ports, isTestable }, reason }) => {
    const why = isTestable ? ` (${reason})` : ''
    return `  ${method} ${name} ${ports.map(formatPort).join(', ')}${why}\n`
  })
  const wildcards = open.filter(({ check }) => !check.isTestable).map(({ check }) => check.name)
  const names = [...new Set(wildcards)].map((name) => ` --name ${name.replace('*', 'NAME')}`)
  return (
    `${isElseWell ? 'nothing is wrong, but needed' : 'also needed'} and not tested:\n${what.join('')}` +
    (names.length === 0 ? '' : `give a host below each:${names.join('')}\n`)
  )
}

/** Information only: the proxy resolves what it is asked for. */
function resolvedText(addresses: Preflight['addresses']): string {
  if (addresses.size === 0) return ''
  const answers = [...addresses.values()]
  const known = answers.filter((own) => own !== undefined && own.length > 0).length
  const unknown = answers.filter((own) => own === undefined).length
  return (
    `this host itself resolves ${known} of ${counted(addresses.size, 'name')}` +
    (unknown === 0 ? '' : `, and got no answer for ${unknown}`) +
    '; it need not: the proxy resolves\n'
  )
}

function parseCloud(text: string): Cloud {
  if (isCloud(text)) return text
  throw new InvalidArgumentError('Public or AzureGovernment.')
}

function helpText(): string {
  return `
Port 80 is asked by GET, every other port by CONNECT, 443 with a TLS handshake in the tunnel; 5671,
9350 and 9352 of the Service Bus names given are dialled past the proxy, which must be refused.
Wildcards are tested with the names given that they cover; without one they are not testable.

Verdicts:
  ok                    as the connector needs it
  proxy-authentication  407: the proxy wants a password, which the connector cannot give
  policy-refused        403, or another refusal of the proxy
  unreachable           500, 502, 503: the proxy cannot reach or resolve the host, or reaches another
  inspected             the certificate in the tunnel is of no public authority
  no-answer             nothing came, or nothing that can be read
  goes-around           a direct connection succeeds: traffic will go around the proxy
  silently-dropped      a direct connection is left waiting, which delays the fall back to 443
  not-testable          a wildcard without a name, or a direct connection to a name of which this
                        host's resolver gave no answer

Exit code: 0 if all is well, 4 if anything is not, 3 if the proxy itself does not answer. It is 4 too
while a wildcard that the connector needs at run time, or the direct connections, could not be
tested: --name must have a host of your tenant and one of Service Bus. Wildcards of registration may
stay untested.`
}
