/** The answer of a function that reads text: a value, or the rule the text broke. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

export function accept<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refuse(reason: string): Result<never> {
  return { ok: false, reason }
}
