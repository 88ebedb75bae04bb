/**
 * Signatures of Standard Webhooks 1.0.0, symmetric (`v1`): HMAC-SHA256 over the message's id, the
 * time of this attempt and the bytes that are sent. A caller signs those bytes and no others.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { accept, refuse, type Result } from '../core/result.ts'

const PREFIX = 'whsec_'

/** Bytes of a key, by the specification's section on symmetric secrets. */
const [LEAST_BYTES, MOST_BYTES, OUR_BYTES] = [24, 64, 32]

/** Without a dot, which separates the parts of what is signed. */
const MESSAGE_ID = /^[A-Za-z0-9_-]+$/

export interface SignedMessage {
  /** The same for every attempt: a receiver tells repetitions by it. */
  readonly id: string
  /** Of this attempt. */
  readonly timestamp: Date
  readonly body: Uint8Array | string
  /** As `parseSecret` accepts them, the newest first: two while one takes the place of the other. */
  readonly secrets: readonly string[]
}

export interface SignatureHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/** 32 random bytes, written as receivers expect them. */
export function newSecret(): string {
  return PREFIX + randomBytes(OUR_BYTES).toString('base64')
}

/** Reads a secret that a caller brings. The refusal never repeats it: it ends up in answers and logs. */
export function parseSecret(text: string): Result<string> {
  const form = `a webhook secret is written ${PREFIX} and the base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes`
  if (!text.startsWith(PREFIX)) return refuse(`${form}; this one does not start with ${PREFIX}`)
  const key = keyOf(text)
  // Receivers' decoders differ in what they forgive, so there is one spelling of a key.
  if (key.toString('base64') !== text.slice(PREFIX.length)) {
    return refuse(`${form}; what follows ${PREFIX} is not base64 with its padding`)
  }
  if (key.length < LEAST_BYTES || key.length > MOST_BYTES) {
    return refuse(`${form}; this one has ${key.length}`)
  }
  return accept(text)
}

/** The three headers of one attempt; one signature for each secret, in their order. */
export function signatureHeaders(message: SignedMessage): SignatureHeaders {
  const { id, timestamp, body, secrets } = message
  if (!MESSAGE_ID.test(id)) throw new Error(`message id ${id}: letters, digits, "_" and "-" only`)
  if (secrets.length === 0) throw new Error(`message ${id}: at least one secret signs`)
  const seconds = String(Math.floor(timestamp.getTime() / 1000))
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64')
}
