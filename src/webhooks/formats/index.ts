/** Every webhook format by its name. Adding one is its file, its name in the contract and its line here. */
import type { WebhookFormat, WebhookFormatName } from './contract.ts'
import { slack } from './slack.ts'
import { standard } from './standard.ts'
import { teams } from './teams.ts'
import { text } from './text.ts'

export const webhookFormats: Readonly<Record<WebhookFormatName, WebhookFormat>> = {
  standard,
  slack,
  teams,
  text,
}

/** The format of that name, for names that were stored; undefined if there is none. */
export function findWebhookFormat(name: string): WebhookFormat | undefined {
  return Object.values(webhookFormats).find((format) => format.name === name)
}
