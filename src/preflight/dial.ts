/** A direct attempt, as Service Bus makes it before it goes through the proxy. */
import { connect } from 'node:net'
import type { DialOutcome } from './verdicts.ts'

/** What a closed firewall or a host without the service says at once. */
const REFUSALS: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EACCES',
  'EPERM',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]

/**
 * Whether a connection comes about, to any of the addresses: one that answers is enough to go
 * around the proxy. One that is left waiting makes the whole wait.
 */
export async function dial(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<DialOutcome> {
  if (addresses.length === 0) return 'unresolved'
  const outcomes = await Promise.all(addresses.map((address) => dialOne(address, port, signal)))
  return (
    outcomes.find((one) => one === 'connected') ??
    outcomes.find((one) => one === 'unanswered') ??
    'refused'
  )
}

function dialOne(host: string, port: number, signal: AbortSignal): Promise<DialOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    const end = (outcome: DialOutcome): void => {
      resolve(outcome)
      socket.destroy()
    }
    socket.on('connect', () => end('connected'))
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      end(REFUSALS.includes(code) ? 'refused' : 'unanswered')
    })
  })
}
