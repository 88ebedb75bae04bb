/** The required names of a service: data with a source per row. */
import type { Cloud } from '../core/cloud.ts'
import type { PortRange } from '../core/endpoint-rule.ts'

/** When the connector needs a name. Registration names stay needed afterwards (Microsoft says "during and beyond"). */
export type Phase = 'runtime' | 'certificates' | 'registration'

export interface EndpointSource {
  readonly title: string
  /** The article's public address. */
  readonly url: string
  /** The article's own date, YYYY-MM-DD. */
  readonly date: string
}

export interface Endpoint {
  /** `login.windows.net`, or `*.msappproxy.net` for every name below (not the apex itself). */
  readonly name: string
  readonly ports: readonly PortRange[]
  /** A path prefix where the article gives one; a name-based rule can only use the name. */
  readonly path?: string
  readonly purpose: string
  readonly phase: Phase
  readonly sources: readonly EndpointSource[]
  /** Service tags whose addresses are known to hold what the name resolves to; empty: none known. */
  readonly tags: readonly string[]
  readonly note?: string
}

export interface EndpointService {
  /** `app-proxy`, `app-proxy-legacy`. */
  readonly name: string
  readonly cloud: Cloud
  readonly title: string
  readonly endpoints: readonly Endpoint[]
  /** Ports that must be refused (with a TCP reset) when used directly, past the proxy. */
  readonly blockedDirectPorts: readonly PortRange[]
  readonly notes: readonly string[]
}
