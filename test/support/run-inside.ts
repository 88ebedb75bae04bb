/** Programs in a network namespace that run and end: their code, and what they said. */
import { isIP, isIPv6 } from 'node:net'
import type { NetworkNamespace } from './network-namespace.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What of a namespace it takes. */
type Inside = Pick<NetworkNamespace, 'spawn'>

/** Runs to the end; `input` is given on standard input. */
export function runInside(
  inside: Inside,
  command: string,
  args: readonly string[],
  input = '',
): Promise<Ran> {
  const child = inside.spawn(command, args)
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.on('data', (data: Buffer) => stdout.push(data.toString('utf8')))
  child.stderr.on('data', (data: Buffer) => stderr.push(data.toString('utf8')))
  // A program that ends before it has read all of its input says why in its code.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') })
    })
  })
}

/** The status code that a server gives to `from`, or how there was none. */
export type Answer = number | 'refused' | 'no answer'

/** Asks `http://to:port/` from an address or a device of the namespace; waits 3 s to connect. */
export async function answerTo(
  inside: Inside,
  from: string,
  to: string,
  port: number,
): Promise<Answer> {
  const host = isIPv6(to) ? `[${to}]` : to
  const source = isIP(from) === 0 ? `if!${from}` : `host!${from}`
  const { code, stdout } = await runInside(inside, 'curl', [
    ...['-q', '-s', '-g', '--noproxy', '*', '-o', '/dev/null', '-w', '%{http_code}'],
    ...['--connect-timeout', '3', '--max-time', '10', '--interface', source],
    `http://${host}:${port}/`,
  ])
  if (code === 0) return Number(stdout)
  if (code === 7) return 'refused'
  if (code === 28) return 'no answer'
  throw new Error(`curl ended with ${code}`)
}

/** Waits, at most five seconds, until somebody listens. */
export async function untilListens(inside: Inside, address: string, port: number): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if ((await answerTo(inside, address, address, port)) !== 'refused') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nobody listens on ${address}, port ${port}`)
}
