/** A tunnel through a proxy in a network namespace that stays open between two questions. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { NetworkNamespace } from './network-namespace.ts'

const AGENT = new URL('./inside-tunnel.ts', import.meta.url).pathname

/** A tunnel that stays open until its proxy ends it, or with its namespace. */
export interface Tunnel {
  /** What the proxy said to CONNECT. */
  readonly status: number
  /** The status of a GET through it. */
  ask(): Promise<number>
  /** Waits until it has ended. */
  ended(): Promise<void>
}

/** `proxy` is `address:port`. */
export async function openTunnel(
  inside: Pick<NetworkNamespace, 'spawn'>,
  proxy: string,
  from: string,
  target: string,
): Promise<Tunnel> {
  const args = [AGENT, ...proxy.split(':'), from, target]
  const client = inside.spawn(process.execPath, args)
  const end = once(client, 'exit')
  const answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  const status = async (): Promise<number> => Number((await answers.next()).value ?? 0)
  return {
    status: await status(),
    ask() {
      client.stdin.write('\n')
      return status()
    },
    async ended() {
      await end
    },
  }
}
