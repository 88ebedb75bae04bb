/**
 * Connections to a proxy, for undici's ProxyAgent. To undici a proxy that closes the connection in
 * place of an answer to CONNECT is a stale connection: it makes another, thousands of them a second,
 * and goes on when the request that wanted the tunnel is long given up. Here it is an error.
 */
import { Pool, type Dispatcher } from 'undici'

/** For `clientFactory`. */
export function createTunnelPool(origin: URL, settings: Pool.Options): Dispatcher {
  return new Pool(origin, settings).compose(
    (dispatch) => (options, handler) => dispatch(options, failingForGood(handler)),
  )
}

/** Without the code by which undici knows what is worth another connection. */
function failingForGood(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (controller, cause) => {
      handler.onResponseError?.(controller, new Error('the proxy opened no tunnel', { cause }))
    },
  }
}
