/**
 * What every webhook format promises. A format is pure: it turns one body into the text that one kind
 * of receiver takes, and knows nothing of HTTP, time or the database.
 */
import type { EventBody } from '../event.ts'

/** In the order of the documentation. Never renamed, never reused: webhooks are stored with them. */
export const WEBHOOK_FORMATS = ['standard', 'slack', 'teams', 'text'] as const

export type WebhookFormatName = (typeof WEBHOOK_FORMATS)[number]

export interface WebhookFormat {
  /** Same as the file name. */
  readonly name: WebhookFormatName
  /** Who takes it, in one line, for the API and its documentation. */
  readonly summary: string
  /** Of the request that carries it. */
  readonly contentType: string
  /**
   * The body of the request: the same for the same event, whatever the order of its members, and
   * within the limits of whoever takes it, whatever the event says. What is left out is counted.
   */
  render(body: EventBody): string
  /**
   * What an answer means beyond its status: `gone` if this receiver will never take anything again.
   * Undefined where the status says it all.
   */
  judge?(status: number, bodyText: string): 'gone' | undefined
}
