/**
 * What a proof is: a claim about the whole service that takes minutes to try, with the figures that
 * came out. To add one: write `soak/<name>.ts` exporting a `Proof` and add it to `soak/main.ts`.
 */

/** One line of the table at the end. */
export interface Figure {
  readonly what: string
  /** As measured, with its unit. */
  readonly value: string
  /** As demanded; undefined where the figure only informs. */
  readonly limit?: string
  /** Undefined where nothing is demanded. */
  readonly holds?: boolean
}

export interface ProofOptions {
  /** The same seed makes the same cases; moments of other processes are not repeated by it. */
  readonly seed: number
  /** How many cases or rounds; each proof has a number of its own that the issue demands. */
  readonly count?: number | undefined
  /** Tells a person how far it is. */
  readonly say: (line: string) => void
}

export interface Proof {
  readonly name: string
  /** One sentence: what holds if it passes. */
  readonly claim: string
  /** Rejects where it cannot be carried out; a claim that does not hold is a figure. */
  readonly run: (options: ProofOptions) => Promise<readonly Figure[]>
}

/** What this machine lacks for a figure: listed, so that nothing is left out unseen. */
export function absent(what: string, why: string): Figure {
  return { what, value: `absent: ${why}` }
}
