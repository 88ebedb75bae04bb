/** A sender that may reach loopback, with the names and the limits of a test. */
import { onTestFinished } from 'vitest'
import { createAddressGuard } from '../../src/webhooks/address-guard.ts'
import {
  createSender,
  SEND_LIMITS,
  type Attempt,
  type AttemptOutcome,
  type SendLimits,
  type SenderOptions,
} from '../../src/webhooks/send.ts'
import { prefixesFrom } from '../support/networks.ts'
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'

export interface SendingOptions {
  /** All of loopback if nothing is said. */
  readonly allowed?: readonly string[]
  readonly settings?: SenderOptions['dispatcherOptions']
  /** Addresses of names; others do not exist. A list of lists is one answer after the other. */
  readonly names?: Readonly<Record<string, Answers>>
  readonly limits?: Partial<SendLimits>
}

type Answers =
  readonly string[] | readonly (readonly string[])[] | (() => Promise<readonly string[]>)

export interface Sending {
  send(url: string, changes?: Partial<Attempt>): Promise<AttemptOutcome>
  /** Names in the order in which they were looked up. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

/** Closed when the test is over. */
export function startSending(options: SendingOptions = {}): Sending {
  const { allowed = ['127.0.0.0/8', '::1/128'], settings = {}, names = {}, limits } = options
  const asked: string[] = []
  const sender = createSender({
    guard: createAddressGuard(prefixesFrom(allowed)),
    dispatcherOptions: settings,
    version: '1.2.3',
    limits: { ...SEND_LIMITS, ...limits },
    async lookup(name) {
      const times = asked.filter((before) => before === name).length
      asked.push(name)
      const answers = names[name]
      if (typeof answers === 'function') return answers()
      const answer = answers?.map((one) => one)[Math.min(times, answers.length - 1)]
      if (answers === undefined || answer === undefined) {
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
      }
      return typeof answer === 'string' ? answers.filter((one) => typeof one === 'string') : answer
    },
  })
  onTestFinished(() => sender.close())
  return {
    send: (url, changes = {}) =>
      sender.send({
        url,
        headers: { 'content-type': 'application/json' },
        body: '{"type":"webhook.test"}',
        signal: new AbortController().signal,
        ...changes,
      }),
    asked,
    close: () => sender.close(),
  }
}

/** Closed when the test is over. */
export async function receiverFor(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options)
  onTestFinished(() => receiver.close())
  return receiver
}
