/** The way out: straight, or through the proxies the configuration names. Nothing global is set. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { createTunnelPool } from './tunnel-pool.ts'

/** As in HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the proxy URLs may carry a user and a password. */
export interface ProxySettings {
  readonly httpsProxy?: string | undefined
  readonly httpProxy?: string | undefined
  readonly noProxy?: string | undefined
}

/** Told of every host that has proved who it is, and until when its own certificate is valid. */
export type CertificateSeen = (host: string, expiresAt: Date) => void

/**
 * HTTPS_PROXY is for https addresses (HTTP_PROXY too when it alone is set), HTTP_PROXY for http
 * ones. NODE_EXTRA_CA_CERTS is read by Node itself. The caller closes the dispatcher.
 */
export function createDispatcher(
  { httpsProxy, httpProxy, noProxy }: ProxySettings,
  certificateSeen: CertificateSeen = () => undefined,
): Dispatcher {
  const tls = observedTls(certificateSeen)
  return new EnvHttpProxyAgent({
    // Straight, and within a proxy's tunnel.
    connect: tls,
    requestTls: tls,
    // Never undefined: undici would then read the process's environment behind our back.
    httpsProxy: httpsProxy ?? '',
    httpProxy: httpProxy ?? '',
    noProxy: noProxy ?? '',
    // Most proxies refuse CONNECT to other ports than 443, so plain http is asked for, not tunnelled.
    proxyTunnel: false,
    // The connection to the proxy itself: how long it may think about a CONNECT. Milliseconds.
    clientFactory: (origin, settings) =>
      createTunnelPool(origin, { ...settings, headersTimeout: 30_000 }),
  })
}

/** Node judges the chain first, and asks this about the name only if it is trusted. */
function observedTls(certificateSeen: CertificateSeen) {
  return {
    // A session that is resumed shows no certificate: what is seen would be that of days ago.
    maxCachedSessions: 0,
    checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
      const mistake = checkServerIdentity(host, certificate)
      if (!mistake) certificateSeen(host, new X509Certificate(certificate.raw).validToDate)
      return mistake
    },
  }
}
