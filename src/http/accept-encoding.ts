/** Which of the encodings we have a client wants most (RFC 9110 section 12.5.3). */
import type { Encoding } from '../lists/prepared-list.ts'

/** In the order we like to send them: the smallest first. */
const PREFERRED: readonly Encoding[] = ['br', 'gzip', 'identity']

const ITEM =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/

/** Headers seen before: devices send the same few again and again. */
const answers = new Map<string, Encoding | undefined>()
const REMEMBERED = 256

/**
 * The encoding to send, undefined if the client accepts none of ours. Without a header it is
 * `identity`: who does not say that it can decode may not be able to.
 */
export function chooseEncoding(header: string | undefined): Encoding | undefined {
  if (header === undefined) return 'identity'
  if (answers.has(header)) return answers.get(header)
  if (answers.size >= REMEMBERED) answers.clear()
  const answer = choose(header)
  answers.set(header, answer)
  return answer
}

/** Items that break the grammar are passed over, as servers do. */
function choose(header: string): Encoding | undefined {
  const weights = new Map<string, number>()
  for (const item of header.split(',')) {
    const [, name, weight = '1'] = ITEM.exec(item.trim()) ?? []
    if (name !== undefined) weights.set(alias(name.toLowerCase()), Number(weight))
  }
  const others = weights.get('*')
  let best: { encoding: Encoding; weight: number } | undefined
  for (const encoding of PREFERRED) {
    const weight = weights.get(encoding) ?? others ?? (encoding === 'identity' ? LEAST : 0)
    if (weight > (best?.weight ?? 0)) best = { encoding, weight }
  }
  return best?.encoding
}

/** Plain bytes are acceptable unless excluded, and liked less than anything that is named. */
const LEAST = 0.0001

function alias(name: string): string {
  return name === 'x-gzip' ? 'gzip' : name
}
