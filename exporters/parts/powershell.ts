/**
 * Scripts for Windows PowerShell 5.1 and PowerShell 7. Values stand in single quotes, where nothing
 * expands; PowerShell takes typographic quotes for quotes, so only printable ASCII gets that far.
 */
import type { ExportInput } from '../contract.ts'
import { identity, notices, sentences } from '../head.ts'
import { comment, plain } from './comment.ts'

export interface ScriptStart {
  /**
   * What the head says of the list: all of it, all but its addresses, or its name alone, for a script
   * that must not move when the list's networks do.
   */
  readonly says: 'all' | 'notices' | 'name'
  /** False for a script that changes nothing. */
  readonly admin: boolean
  /** Comment-based help: `.SYNOPSIS` and what follows; nothing of a list or an option. */
  readonly help: string
}

/** A text as a literal. */
export function quoted(text: string): string {
  return `'${plain(text).replaceAll("'", "''")}'`
}

/** For which list a script was fetched that has nothing of its content. */
export function madeFor({ name }: ExportInput): string {
  return `Rangewarden, made for the list ${name}.`
}

/** The first lines: what the script needs, what it is about, and its help. */
export function scriptStart(input: ExportInput, { says, admin, help }: ScriptStart): string {
  const requires = ['#Requires -Version 5.1', ...(admin ? ['#Requires -RunAsAdministrator'] : [])]
  const words = saidOf(input, says).map((sentence) => comment('# ', sentence))
  return `${requires.join('\n')}\n\n${words.join('')}\n<#\n${help}#>\n`
}

function saidOf(input: ExportInput, says: ScriptStart['says']): string[] {
  if (says === 'all') return sentences(input)
  return says === 'name' ? [madeFor(input)] : [identity(input), ...notices(input)]
}

/** After the parameters: a name that is not there or a failure ends the script. */
export const STRICT = `\
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
`
