/**
 * PowerShell scripts, read by the grammar of tree-sitter-powershell, for a machine without
 * PowerShell. Beyond the grammar: only commands and parameters that are known, only variables that
 * are set somewhere, nothing that Windows PowerShell 5.1 lacks, literals taken apart exactly.
 */
import { createRequire } from 'node:module'
import { Language, Parser, type Node } from 'web-tree-sitter'
import { AUTOMATIC, CMDLETS, PROGRAMS } from './powershell-commands.ts'

const require = createRequire(import.meta.url)
const GRAMMAR = require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')

await Parser.init()
const parser = new Parser().setLanguage(await Language.load(GRAMMAR))

export interface Argument {
  readonly text: string
  readonly literals: readonly string[]
  /** Not of literals alone. */
  readonly computed: boolean
}

/** A call, with what is written after each parameter; what has no parameter is under ''. */
export interface Call {
  readonly name: string
  readonly given: ReadonlyMap<string, readonly Argument[]>
}

export interface Script {
  /** Line comments and block comments, without their marks. */
  readonly comments: readonly string[]
  readonly calls: readonly Call[]
  /** Every literal in single quotes, as the script gets it. */
  readonly literals: readonly string[]
  /** The script's own parameters with the text of their defaults. */
  readonly parameters: ReadonlyMap<string, string | undefined>
  /** `$x = …` outside of functions, the text on the right. */
  readonly settings: ReadonlyMap<string, string>
  /** `try` outside of functions. */
  readonly tries: readonly Try[]
}

/** The text of each block of a `try`, '' for one that it lacks, and of what stands before it. */
export interface Try {
  readonly before: string
  readonly body: string
  readonly caught: string
  readonly ending: string
}

/** Scripts that were read: the laws of formats read the same one many times. */
const known = new Map<string, Script>()

/** @throws for what PowerShell would not take, or would take for something else */
export function readScript(text: string): Script {
  const script = known.get(text) ?? readOnce(text)
  known.set(text, script)
  return script
}

function readOnce(text: string): Script {
  if (!/^[\n\x20-\x7e]*\n$/.test(text)) throw new Error('not ASCII lines')
  const tree = parser.parse(text)
  if (!tree) throw new Error('not parsed')
  const root = tree.rootNode
  refuseErrors(root)
  refuseNewSyntax(root)
  const functions = functionsOf(root)
  const calls = all(root, 'command').map(callOf)
  for (const call of calls) refuseUnknownCall(call, functions)
  refuseUnsetVariables(root)
  const script = {
    comments: all(root, 'comment').map(({ text }) => text.replace(/^(#|<#)\s?|#>$/g, '')),
    calls,
    literals: all(root, 'verbatim_string_characters').map(literalOf),
    parameters: parametersOf(topLevel(root, 'param_block')),
    settings: settingsOf(root),
    tries: triesOf(root),
  }
  tree.delete()
  return script
}

/** The text of a literal in single quotes. @throws for anything else */
export function literal(text: string): string {
  const [, inside] = /^'((?:[^']|'')*)'$/.exec(text.trim()) ?? []
  if (inside === undefined) throw new Error(`no literal: ${text}`)
  return inside.replaceAll("''", "'")
}

/** The texts of `@('a', 'b')`. @throws for anything else */
export function literalArray(text: string): string[] {
  const [, inside] = /^@\((.*)\)$/s.exec(text.trim()) ?? []
  if (inside === undefined) throw new Error(`no array: ${text}`)
  const literals = inside.match(/'(?:[^']|'')*'/g) ?? []
  if (literals.join(', ') !== inside) throw new Error(`not literals alone: ${text}`)
  return literals.map(literal)
}

/** The literals that a parameter is given. @throws if it is given anything else */
export function literalsOf({ name, given }: Call, parameter: string): string[] {
  const written = given.get(parameter) ?? []
  const other = written.find(({ computed }) => computed)
  if (other) throw new Error(`${name} -${parameter} is computed: ${other.text.slice(0, 80)}`)
  return written.flatMap(({ literals }) => literals)
}

/** The text of one function of a script. @throws if it has none of that name */
export function functionOf(text: string, name: string): string {
  const [found] = new RegExp(`^function ${name} \\{\\n[^]*?^\\}$`, 'm').exec(text) ?? []
  if (found === undefined) throw new Error(`no function ${name}`)
  return found
}

/** The calls of one function or cmdlet, in their order. */
export function callsOf(script: Script, name: string): Call[] {
  return script.calls.filter((call) => call.name === name)
}

function literalOf(node: Node): string {
  return literal(node.text)
}

function all(node: Node, ...types: string[]): Node[] {
  return node.descendantsOfType(types)
}

function refuseErrors(root: Node): void {
  if (!root.hasError) return
  const broken: string[] = []
  const walk = (node: Node): void => {
    if (node.isError || node.isMissing) {
      broken.push(`line ${node.startPosition.row + 1}: ${node.type} ${node.text.slice(0, 80)}`)
    }
    for (const child of node.children) if (child.hasError || child.isMissing) walk(child)
  }
  walk(root)
  throw new Error(`not PowerShell: ${broken.join('; ')}`)
}

/** What PowerShell 7 has and 5.1 lacks, and what nobody should have to audit. */
function refuseNewSyntax(root: Node): void {
  const found = all(root, 'pipeline_chain_tail', 'class_statement', 'workflow', 'stop_parsing')
  for (const { text } of found) throw new Error(`not for PowerShell 5.1: ${text.slice(0, 80)}`)
  for (const { text } of all(root, 'variable')) {
    if (/\?$/.test(text)) throw new Error(`not for PowerShell 5.1: ${text}`)
  }
  const evaluated = all(root, 'command_name').filter(({ text }) => /^(iex|invoke-expr)/i.test(text))
  if (evaluated.length > 0) throw new Error('evaluates a string')
}

/** Functions of the script with the names of their parameters. */
function functionsOf(root: Node): Map<string, Set<string>> {
  return new Map(
    all(root, 'function_statement').map((node): [string, Set<string>] => {
      const name = all(node, 'function_name')[0]?.text ?? ''
      const block = all(node, 'param_block', 'function_parameter_declaration')[0]
      return [name, new Set([...parametersOf(block).keys()].map((each) => each.toLowerCase()))]
    }),
  )
}

function parametersOf(block: Node | undefined): Map<string, string | undefined> {
  const parameters = block ? all(block, 'script_parameter') : []
  return new Map(
    parameters.map((node): [string, string | undefined] => {
      const name = node.namedChildren.find((child) => child.type === 'variable')?.text ?? ''
      const given = node.namedChildren.find((child) => child.type === 'script_parameter_default')
      return [name.slice(1), given?.text.replace(/^=\s*/, '').trim()]
    }),
  )
}

function topLevel(root: Node, type: string): Node | undefined {
  return root.namedChildren.find((child) => child.type === type)
}

function settingsOf(root: Node): Map<string, string> {
  const settings = new Map<string, string>()
  for (const pipeline of topLevel(root, 'statement_list')?.namedChildren ?? []) {
    const assignment = pipeline.namedChildren[0]
    if (assignment?.type !== 'assignment_expression') continue
    const [left = '', ...right] = assignment.text.split('=')
    settings.set(left.trim().replace(/^\$/, ''), right.join('=').trim())
  }
  return settings
}

function triesOf(root: Node): Try[] {
  const statements = topLevel(root, 'statement_list')?.namedChildren ?? []
  return statements
    .filter(({ type }) => type === 'try_statement')
    .map((node) => {
      const block = (type: string): string => topLevel(node, type)?.text ?? ''
      return {
        before: root.text.slice(0, node.startIndex - root.startIndex),
        body: block('statement_block'),
        caught: block('catch_clauses'),
        ending: block('finally_clause'),
      }
    })
}

function callOf(node: Node): Call {
  const name = all(node, 'command_name', 'command_name_expr')[0]?.text ?? ''
  const given = new Map<string, Argument[]>()
  const elements = node.namedChildren.find((child) => child.type === 'command_elements')
  let parameter = ''
  for (const element of elements?.namedChildren ?? []) {
    if (element.type === 'command_argument_sep' || element.type === 'redirection') continue
    if (element.type === 'command_parameter') {
      parameter = element.text.replace(/^-|:$/g, '')
      if (given.has(parameter)) throw new Error(`${name} -${parameter} twice`)
      given.set(parameter, [])
    } else {
      given.set(parameter, [...(given.get(parameter) ?? []), argumentOf(element)])
    }
  }
  return { name, given }
}

function argumentOf(node: Node): Argument {
  const computed = ['variable', 'command', 'expandable_string_literal', 'sub_expression']
  return {
    text: node.text,
    literals: all(node, 'verbatim_string_characters').map(literalOf),
    computed: all(node, ...computed).length > 0,
  }
}

function refuseUnknownCall({ name, given }: Call, functions: Map<string, Set<string>>): void {
  if (name.startsWith('$') || PROGRAMS.has(name)) return
  const known = functions.get(name) ?? CMDLETS.get(name)
  if (!known) throw new Error(`an unknown command: ${name}`)
  for (const parameter of given.keys()) {
    if (parameter === '' || known.has(parameter.toLowerCase())) continue
    throw new Error(`${name} has no parameter -${parameter}`)
  }
}

/** Set-StrictMode ends a script that reads a variable nobody set: also on a path no test runs. */
function refuseUnsetVariables(root: Node): void {
  const set = new Set(AUTOMATIC)
  const assigned = [
    ...all(root, 'left_assignment_expression').flatMap((node) => all(node, 'variable').slice(0, 1)),
    ...all(root, 'script_parameter').flatMap((node) => {
      return node.namedChildren.filter((child) => child.type === 'variable')
    }),
    ...all(root, 'foreach_statement').flatMap((node) => {
      return node.namedChildren.filter((child) => child.type === 'variable')
    }),
  ]
  for (const { text } of assigned) set.add(bare(text))
  for (const { text } of all(root, 'variable')) {
    if (set.has(bare(text)) || /^\$env:[A-Za-z]+$/.test(text)) continue
    throw new Error(`a variable that nobody sets: ${text}`)
  }
}

function bare(variable: string): string {
  return variable.replace(/^[$@](?:script:)?/, '').toLowerCase()
}
