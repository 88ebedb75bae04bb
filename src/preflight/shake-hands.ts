/**
 * A TLS handshake in a tunnel, to see whose certificate comes: where the proxy inspects, it is one
 * of its own authority. The connector proves itself with a client certificate, which inspection
 * loses, so an inspected connection cannot work even where the authority is trusted.
 */
import { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { messageOf } from '../core/errors.ts'
import type { Judgement } from './contract.ts'
import { printable } from './verdicts.ts'

/** No real chain is longer. */
const MAX_CHAIN = 10

/**
 * @param publicRoots PEM certificates of the authorities that count as public: not those of the
 *   system or of NODE_EXTRA_CA_CERTS, where the authority of an inspecting proxy stands.
 */
export function shakeHands(
  tunnel: Duplex,
  servername: string,
  publicRoots: readonly string[],
  signal: AbortSignal,
): Promise<Judgement> {
  return new Promise((resolve) => {
    const ca = [...publicRoots]
    // What is wrong with the certificate is told, not thrown.
    const socket = connect({ socket: tunnel, servername, ca, rejectUnauthorized: false })
    const end = (judgement: Judgement): void => {
      signal.removeEventListener('abort', onAbort)
      resolve(judgement)
      socket.destroy()
    }
    const onAbort = (): void => end(noHandshake('no answer in time'))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    socket.on('secureConnect', () => end(judgeCertificate(socket, publicRoots)))
    // A server that asks for a client certificate may end the handshake after showing its own.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isShown = chainOf(socket).length > 0
      end(isShown ? judgeCertificate(socket, publicRoots) : noHandshake(failureOf(error)))
    })
    socket.on('close', () => end(noHandshake('closed')))
  })
}

function noHandshake(why: string): Judgement {
  return { verdict: 'no-answer', reason: `the tunnel opens, but not TLS in it: ${why}` }
}

function failureOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'closed'
  if (error.code?.startsWith('ERR_SSL_')) return error.code.slice('ERR_SSL_'.length)
  return printable(messageOf(error))
}

function judgeCertificate(socket: TLSSocket, publicRoots: readonly string[]): Judgement {
  const chain = chainOf(socket)
  const [leaf] = chain
  if (!leaf) return noHandshake('no certificate')
  const reason = 'the tunnel opens, with a certificate of a public authority'
  if (socket.authorized) return { verdict: 'ok', reason }
  const issuer = issuerOf(leaf)
  if (!endsIn(chain, publicRoots)) {
    const inspected = `TLS is inspected: the certificate is issued by ${issuer}, no public authority`
    return { verdict: 'inspected', reason: inspected, issuer }
  }
  const fault = faultOf(leaf, socket.servername)
  if (fault === undefined) return { verdict: 'ok', reason }
  return { verdict: 'unreachable', reason: `${fault}; issued by ${issuer}, so not inspected` }
}

/** What else may be wrong with a certificate of a public authority: it is not the host's. */
function faultOf(leaf: X509Certificate, name: string | false | null): string | undefined {
  const now = new Date()
  if (leaf.validToDate < now) return `the certificate expired ${leaf.validToDate.toISOString()}`
  if (leaf.validFromDate > now) {
    return `the certificate is valid from ${leaf.validFromDate.toISOString()}: is the clock right?`
  }
  if (!name || leaf.checkHost(name) !== undefined) return undefined
  return `another host answers: its certificate is for ${printable(leaf.subjectAltName ?? '?')}`
}

/** As the server sent it, its own certificate first. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  // An empty object where there is none yet, null after the end.
  let next: Partial<DetailedPeerCertificate> | null = socket.getPeerCertificate(true)
  while (next?.raw && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(next.raw))
    const issuer: DetailedPeerCertificate | undefined = next.issuerCertificate
    next = issuer === next ? null : (issuer ?? null)
  }
  return chain
}

/** True if each is signed by the next and the last by a root, or is one; dates do not count here. */
function endsIn(chain: readonly X509Certificate[], publicRoots: readonly string[]): boolean {
  const isSigned = chain.every((certificate, i) => {
    const issuer = chain[i + 1]
    return issuer === undefined || isIssued(certificate, issuer)
  })
  const last = chain.at(-1)
  if (!isSigned || !last) return false
  return publicRoots
    .map((pem) => new X509Certificate(pem))
    .some((root) => root.fingerprint256 === last.fingerprint256 || isIssued(last, root))
}

function isIssued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

/** `CN=Example Root, O=Example`: the issuer's most telling parts. */
function issuerOf({ issuer }: X509Certificate): string {
  const parts = issuer.split('\n').filter((part) => /^(?:CN|O)=/.test(part))
  return printable((parts.length > 0 ? parts : issuer.split('\n')).toReversed().join(', '))
}
