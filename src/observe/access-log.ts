/**
 * The access log: one JSON line per request on stdout, which a service has no other use for; the log
 * of what happens goes to stderr.
 */
import { gatherLines } from './gathered-lines.ts'
import { withoutSecrets } from './log.ts'

export interface AccessLog {
  write(request: AccessLine): void
  /** Writes what was gathered, as far as it can be written in a moment; when the process ends. */
  flush(): Promise<void>
}

export interface AccessLine {
  readonly method: string
  /** As it was asked for; what looks like a secret in it is blanked. */
  readonly url: string
  readonly status: number
  /** Of the body; undefined where it was streamed and nobody counted. */
  readonly bytes: number | undefined
  readonly durationMs: number
  /** Undefined if the client had gone already. */
  readonly client: string | undefined
  /** Of a stored list. */
  readonly list?: string | undefined
  readonly format?: string | undefined
}

/** Where lines go. */
export interface LineStream {
  write(text: string): unknown
  flush?(): Promise<void>
}

const STDOUT = 1

/** @param failed told when lines were lost, once until lines are written again */
export function createAccessLog(failed: (error: unknown) => void, to?: LineStream): AccessLog {
  const stream = to ?? gatherLines(STDOUT, failed)
  return {
    write: (line) => void stream.write(lineOf(line)),
    flush: async () => stream.flush?.(),
  }
}

/** Written by hand: all but the address and the list's names is a number or text we made. */
function lineOf({
  method,
  url,
  status,
  bytes,
  durationMs,
  client,
  list,
  format,
}: AccessLine): string {
  const about = list === undefined ? '' : `,"list":"${list}","format":"${format ?? ''}"`
  return (
    `{"level":30,"time":${Date.now()},"method":"${method}","url":${urlText(url)},"status":${status},` +
    `"bytes":${bytes ?? 'null'},"durationMs":${Math.round(durationMs * 1000) / 1000},` +
    `"client":${client === undefined ? 'null' : JSON.stringify(client)}${about},"msg":"Request answered"}\n`
  )
}

/** Most are paths of lists, with nothing in them to be escaped or hidden. */
function urlText(url: string): string {
  return /^[\w/.-]+$/.test(url) ? `"${url}"` : withoutSecrets(JSON.stringify(url))
}
