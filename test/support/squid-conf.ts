/**
 * Reads a file that squid.conf includes as strictly as Squid's worst version: every line is an ACL
 * or a rule, every ACL is defined and used, and nothing in an ACL lies inside another of its entries.
 */
import type { EndpointRule } from '../../src/core/endpoint-rule.ts'
import type { ExportFile } from './format-laws.ts'
import { networksOf, textOf } from './plain-list.ts'

export interface SquidAcl {
  /** With its flags: `dstdomain -n`. */
  readonly type: string
  readonly values: readonly string[]
}

export interface SquidRule {
  /** `http_access allow` */
  readonly action: string
  /** In their order, `!` included. */
  readonly acls: readonly string[]
}

export interface SquidConf {
  readonly comments: readonly string[]
  readonly acls: ReadonlyMap<string, SquidAcl>
  readonly rules: readonly SquidRule[]
}

const ACL =
  /^acl (rangewarden_[a-z0-9_-]+) (src|dst(?: -n)?|dstdomain -n|port|ssl::server_name) ([^ #"]+(?: [0-9a-f.:/-]+)*)$/
/** Squid 5.7 cuts a longer line. */
const LONGEST_LINE = 2_047
const RULE = /^(http_access (?:allow|deny)|ssl_bump splice)((?: !?[A-Za-z0-9_-]+)+)$/
const NAME = /^\.?[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/
const PREDEFINED = 'CONNECT'

/** @throws for whatever Squid would not take, or would take for something else */
export function readSquidConf(file: ExportFile): SquidConf {
  const lines = textOf(file).split('\n')
  if (lines.pop() !== '') throw new Error('the last line does not end')
  const begin = lines.findIndex((line) => !/^#( |$)/.test(line))
  const conf = {
    comments: lines.slice(0, begin).map((line) => line.slice(2)),
    acls: new Map<string, { type: string; values: string[] }>(),
    rules: new Array<SquidRule>(),
  }
  for (const line of lines.slice(begin)) readLine(line, conf)
  checkUse(conf)
  for (const [name, { type, values }] of conf.acls) checkValues(name, type, values)
  return conf
}

/** The values of an ACL that a rule uses, negated or not. */
export function aclOf({ acls }: SquidConf, name = ''): SquidAcl {
  const acl = acls.get(name)
  if (!acl) throw new Error(`no ACL "${name}"`)
  return acl
}

/** `.x` in the notation of rules. */
export function asRule(name: string): string {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name`)
  return name.startsWith('.') ? `*${name}` : name
}

/** Fails where one entry admits all of another: Squid up to 6 does not start with `x` beside `.x`. */
export function checkApart(names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    const wider = names.find(
      (other, j) => i !== j && (other === name || (other[0] === '.' && `.${name}`.endsWith(other))),
    )
    if (wider !== undefined) throw new Error(`"${name}" beside "${wider}"`)
  }
}

/** The names that are left where `.x` is x too; `among` says which may stand in for which. */
export function namesApart(
  rules: readonly EndpointRule[],
  among: (one: EndpointRule, other: EndpointRule) => boolean = () => true,
): string[] {
  const wildcards = rules.filter(({ name }) => name.startsWith('*.'))
  const isCovered = (rule: EndpointRule): boolean =>
    wildcards.some(
      (wide) => wide !== rule && `.${rule.name}`.endsWith(wide.name.slice(1)) && among(wide, rule),
    )
  return rules.filter((rule) => !isCovered(rule)).map(({ name }) => name)
}

function readLine(
  line: string,
  { acls, rules }: { acls: Map<string, { type: string; values: string[] }>; rules: SquidRule[] },
): void {
  if (line.length > LONGEST_LINE) throw new Error(`a line of ${line.length} characters`)
  const [, action = '', used = ''] = RULE.exec(line) ?? []
  if (action !== '') return void rules.push({ action, acls: used.slice(1).split(' ') })
  const [, name = '', type = '', values = ''] = ACL.exec(line) ?? []
  if (name === '') throw new Error(`Squid would not read "${line}"`)
  if (name.length > 63) throw new Error(`${name} is too long`)
  const acl = acls.get(name) ?? { type, values: [] }
  if (acl.type !== type) throw new Error(`${name} is ${acl.type} and ${type}`)
  acls.set(name, { type, values: [...acl.values, ...values.split(' ')] })
}

function checkUse({ acls, rules }: SquidConf): void {
  const used = new Set(rules.flatMap((rule) => rule.acls.map((acl) => acl.replace(/^!/, ''))))
  for (const name of used) {
    if (name !== PREDEFINED && !acls.has(name)) throw new Error(`${name} is not defined`)
  }
  for (const name of acls.keys()) if (!used.has(name)) throw new Error(`nothing uses ${name}`)
}

function checkValues(name: string, type: string, values: readonly string[]): void {
  if (type === 'port') {
    for (const port of values) if (!/^\d+(-\d+)?$/.test(port)) throw new Error(`${name}: ${port}`)
  } else if (type === 'src' || type.startsWith('dst ') || type === 'dst') {
    networksOf(values)
  } else {
    for (const value of values) asRule(value)
    checkApart(values)
  }
}
