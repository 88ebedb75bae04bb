/**
 * Serving over TLS, with whatever pair is in the files now. Their contents are compared once a
 * minute: Kubernetes replaces mounted files by swapping a link, which watching a file does not see.
 */
import type { ServerOptions } from 'node:https'
import type { Server } from 'node:tls'
import type { Logger } from 'pino'
import { invalidInput, messageOf } from '../core/errors.ts'
import { every, type Repeated } from '../sync/every.ts'
import {
  readTlsTexts,
  secureContextOptions,
  tlsIdentity,
  type TlsIdentity,
  type TlsPaths,
} from './tls-identity.ts'

/** Shorter than a step of closing: a connection that never finishes its handshake holds up the end. */
const HANDSHAKE_MS = 10_000

const LOOK_MS = 60_000

export interface TlsFiles {
  /** What is in the files now. @throws `invalid-input` if it cannot be served with */
  read(): Promise<TlsIdentity>
  /**
   * From now on these servers have what is in the files. A pair that cannot be served with changes
   * nothing, and is logged once.
   */
  follow(servers: readonly Server[]): Repeated
}

export interface TlsFilesOptions {
  readonly paths: TlsPaths
  readonly log: Logger
  /** Told of every pair that is served with. */
  readonly served: (identity: TlsIdentity) => void
  /** How long between two looks at the files. Milliseconds. */
  readonly lookMs?: number | undefined
}

export function createTlsFiles({ paths, log, served, lookMs }: TlsFilesOptions): TlsFiles {
  /** What was found last, served with or not: texts, or why there are none. */
  let found: string | undefined

  function serve(identity: TlsIdentity): void {
    const { expiresAt } = identity
    served(identity)
    if (expiresAt < new Date()) {
      log.warn({ path: paths.cert, expiresAt }, 'The certificate has expired')
    }
  }

  async function look(servers: readonly Server[]): Promise<void> {
    const now = await readTlsTexts(paths).catch((error: unknown) => messageOf(error))
    const text = JSON.stringify(now)
    if (text === found) return
    found = text
    try {
      if (typeof now === 'string') throw invalidInput(now)
      const identity = tlsIdentity(now, paths)
      for (const server of servers) server.setSecureContext(secureContextOptions(identity))
      const { expiresAt } = identity
      log.info({ path: paths.cert, expiresAt }, 'Served from now on: the certificate in the files')
      serve(identity)
    } catch (error) {
      const reason = messageOf(error)
      log.error({ reason }, 'Still served: the certificate of before, not the one in the files')
    }
  }

  return {
    async read() {
      const texts = await readTlsTexts(paths)
      const identity = tlsIdentity(texts, paths)
      found = JSON.stringify(texts)
      serve(identity)
      return identity
    },
    follow: (servers) =>
      every(lookMs ?? LOOK_MS, () => look(servers), {
        log,
        what: 'looking for another certificate',
      }),
  }
}

/** For Fastify, which makes the server. */
export function tlsServerOptions(identity: TlsIdentity, http: ServerOptions): ServerOptions {
  return {
    ...http,
    ...secureContextOptions(identity),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
  }
}
