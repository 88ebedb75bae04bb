/** The way out: straight, or through the proxies the configuration names. Nothing global is set. */
import { EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { createTunnelPool } from './tunnel-pool.ts'

/** As in HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the proxy URLs may carry a user and a password. */
export interface ProxySettings {
  readonly httpsProxy?: string | undefined
  readonly httpProxy?: string | undefined
  readonly noProxy?: string | undefined
}

/**
 * HTTPS_PROXY is for https addresses (HTTP_PROXY too when it alone is set), HTTP_PROXY for http
 * ones. NODE_EXTRA_CA_CERTS is read by Node itself. The caller closes the dispatcher.
 */
export function createDispatcher({ httpsProxy, httpProxy, noProxy }: ProxySettings): Dispatcher {
  return new EnvHttpProxyAgent({
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
