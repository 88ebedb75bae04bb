/** A client of the API that may change something. It gives up where a service that is gone would. */
import type { z } from 'zod'
import { ADMIN_TOKEN } from '../../test/support/kill.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const TIMEOUT_MS = 30_000

/** Undefined if nobody knows what became of it. */
export async function ask(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** For what is done while nothing crashes. */
export async function mustAsk<T>(
  url: string,
  method: string,
  path: string,
  body: object | undefined,
  shape: z.ZodType<T>,
): Promise<T> {
  const answer = await ask(url, method, path, body)
  if (answer && answer.status < 300) return shape.parse(answer.body)
  throw new Error(`${method} ${path} was answered with ${JSON.stringify(answer)}`)
}
