/** Standard Webhooks: the body itself. */
import type { WebhookFormat } from './contract.ts'

export const standard: WebhookFormat = {
  name: 'standard',
  summary: 'the event as JSON, for programs (Standard Webhooks)',
  contentType: 'application/json',

  render({ type, timestamp, data }) {
    return JSON.stringify({ type, timestamp, data: inOrder(data) })
  },
}

/** The members of every object in the order of their names: a signature is of these very bytes. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, inOrder(member)]),
  )
}
