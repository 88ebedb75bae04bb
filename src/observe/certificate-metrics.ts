/** Until when certificates are valid: our own, and those of the hosts that files come from. */
import type { Registry } from 'prom-client'
import { addGauge, secondsOf, type Sample } from './gauges.ts'

export interface CertificateMetrics {
  /** Of our TLS listener, from now on. */
  listener(expiresAt: Date): void
  /** Of a host that was just connected to; the configuration names the few there can be. */
  source(host: string, expiresAt: Date): void
}

/**
 * Hosts are asked each six hours by default. One that was not for longer, as a mirror that is only
 * asked now and then, may have another certificate by now.
 */
const TOLD_FOR_MS = 2 * 86_400_000

interface Presented {
  readonly expiresAt: Date
  readonly seenAt: Date
}

export function createCertificateMetrics(
  registry: Registry,
  now: () => Date = () => new Date(),
): CertificateMetrics {
  let own: Date | undefined
  const presented = new Map<string, Presented>()

  function ofSources(): Sample[] {
    const since = now().getTime() - TOLD_FOR_MS
    return [...presented]
      .filter(([, { seenAt }]) => seenAt.getTime() >= since)
      .map(([host, { expiresAt }]) => [{ role: 'source', host }, secondsOf(expiresAt)])
  }

  addGauge(
    registry,
    {
      name: 'rangewarden_certificate_expiry_timestamp_seconds',
      help:
        'Until when a certificate is valid: of our own TLS listener (the soonest of its chain; no host), ' +
        'and of each host that files came from in the last two days, as it was last presented.',
      labels: ['role', 'host'],
    },
    () => [[{ role: 'listener', host: '' }, secondsOf(own)], ...ofSources()],
  )
  return {
    listener: (expiresAt) => (own = expiresAt),
    source: (host, expiresAt) => presented.set(host, { expiresAt, seenAt: now() }),
  }
}
