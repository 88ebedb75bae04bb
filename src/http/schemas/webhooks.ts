/** Bodies of the requests that make and change webhooks. */
import { z } from 'zod'
import { CLOUDS } from '../../core/cloud.ts'
import { DELIVERY_STATES } from '../../store/telling-contract.ts'
import { EVENT_TYPES } from '../../webhooks/event.ts'
import { WEBHOOK_FORMATS } from '../../webhooks/formats/contract.ts'
import { parseSecret } from '../../webhooks/sign.ts'
import { limitParameter } from './parameters.ts'

/** Larger than all of IPv4 twice over: a change cannot be. */
const MOST_ADDRESSES = 2 ** 40

/** One line that is shown to people: nothing in it steers a terminal or turns text around. */
const plainText = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'one line, without control characters')

const members = {
  url: z.string().describe('https, without user and password'),
  description: plainText.max(200).describe('For people'),
  format: z.enum(WEBHOOK_FORMATS).describe('Who reads it: `standard` for programs, else a chat'),
  events: z.array(z.enum(EVENT_TYPES)).describe('Types to be told of; empty for all'),
  clouds: z.array(z.enum(CLOUDS)).describe('Empty for all'),
  allowlists: z.array(plainText).describe('Of events about an allowlist; empty for all'),
  tags: z.array(plainText).describe('Of events about service tags; empty for all'),
  minAddresses: z
    .int()
    .nonnegative()
    .max(MOST_ADDRESSES)
    .describe(
      'The least that a change moves: IPv4 addresses gained and lost, an IPv6 /64 counting as one',
    ),
}

const secretMember = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseSecret(text)
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.reason })
  })
  .optional()
  .describe('`whsec_` and the base64 of 24 to 64 bytes; without it one is made')

export const newWebhookBody = z.strictObject({
  url: members.url,
  description: members.description.default(''),
  format: members.format.default('standard'),
  events: members.events.default([]),
  clouds: members.clouds.default([]),
  allowlists: members.allowlists.default([]),
  tags: members.tags.default([]),
  minAddresses: members.minAddresses.default(0),
  secret: secretMember,
})

export const changedWebhookBody = z
  .strictObject({
    ...members,
    enabled: z.boolean().describe('Enabling it lets what waits go on at once'),
    reason: plainText.min(1).max(500).describe('Why it is disabled'),
  })
  .partial()

export const rotationBody = z.strictObject({ secret: secretMember }).nullish()

export const webhookParams = z.strictObject({
  id: z.string().regex(/^wh_[0-9a-f]{24}$/, 'a webhook is named by its id, `wh_` and 24 digits'),
})

export const deliveryParams = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'a delivery is named by its number')
    .transform(Number),
})

export const deliveriesQuery = z.strictObject({
  state: z.enum(DELIVERY_STATES).optional().describe('Without it, in any state'),
  limit: limitParameter,
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'as `next` of the page before')
    .transform(Number)
    .optional(),
})
