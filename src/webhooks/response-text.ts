/** The beginning of a response, for the record of an attempt: bounded in bytes, in time and in text. */
import type { Readable } from 'node:stream'
import { discard } from '../sources/body.ts'

/** Control, format and unassigned characters, half pairs, and the separators of lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * What arrives within the time, up to `most` bytes; less where the connection is lost. The rest is
 * given up with its connection; a body that ended leaves the connection to the next request.
 */
export async function firstBytes(body: Readable, most: number, ms: number): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const done = (): void => resolve(undefined)
  const chunks: Buffer[] = []
  let size = 0
  body.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size > most) done()
  })
  body.on('end', done).on('close', done).on('error', done)
  const timer = setTimeout(done, ms)
  await promise
  clearTimeout(timer)
  discard(body)
  return Buffer.concat(chunks).subarray(0, most)
}

/** UTF-8; a character that the limit cut in two is left out. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true })
}

/** On one line, with everything that does not print escaped; at most `most` characters. */
export function printable(text: string, most: number): string {
  let line = ''
  for (const char of text) {
    const shown = UNPRINTABLE.test(char) ? escaped(char) : char
    if (line.length + shown.length > most) break
    line += shown
  }
  return line
}

function escaped(char: string): string {
  return SHORT[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
}
