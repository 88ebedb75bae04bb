/** What a command is: how it is called, and what it does. */
import type { Command } from 'commander'
import type { Context } from './context.ts'

export interface CliCommand {
  /** As typed: `serve`, `config print`. */
  readonly name: string
  /** Why it cannot ask a running service (`--url`) instead of the database; undefined: it can. */
  readonly localOnly?: string
  /** Gives the command its arguments, options and help. */
  describe(command: Command): void
  /**
   * Does it, with the arguments and options that were parsed; gives the exit code.
   * @throws RangewardenError for whatever the caller can do something about
   */
  run(context: Context, command: Command): number | Promise<number>
}

/** Collects an option's values, however they were given: repeated, or separated by commas. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  const values = text.split(',').map((value) => value.trim())
  return [...before, ...values.filter((value) => value !== '')]
}
