/** Which servers listen: for `localhost` Fastify makes one for each address, and shows only the first. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'

export interface Listening {
  /** Of the first of them. */
  readonly url: string
  /** All that speak TLS. */
  readonly tlsServers: readonly TlsServer[]
}

/** Node's own: told of every server, before it listens. */
const LISTEN = 'tracing:net.server.listen:asyncStart'

export async function listenEverywhere(
  app: FastifyInstance,
  where: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const isOurs = new AsyncLocalStorage<true>()
  const tlsServers: TlsServer[] = []
  function note(message: unknown): void {
    if (!isOurs.getStore() || typeof message !== 'object' || message === null) return
    if ('server' in message && message.server instanceof TlsServer) tlsServers.push(message.server)
  }
  subscribe(LISTEN, note)
  try {
    const url = await isOurs.run(true, () => app.listen(where))
    return { url, tlsServers }
  } finally {
    unsubscribe(LISTEN, note)
  }
}
