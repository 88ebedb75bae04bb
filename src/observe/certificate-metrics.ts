/** Until when certificates are valid: our own, and those of the hosts that files come from. */
import { Gauge, type Registry } from 'prom-client'

export interface CertificateMetrics {
  /** Of our TLS listener, from now on. */
  listener(expiresAt: Date): void
  /** Of a host that was just connected to; the configuration names the few there can be. */
  source(host: string, expiresAt: Date): void
}

export function createCertificateMetrics(registry: Registry): CertificateMetrics {
  const expiries = new Gauge({
    name: 'rangewarden_certificate_expiry_timestamp_seconds',
    help:
      'Until when a certificate is valid: of our own TLS listener (the soonest of its chain; no host), ' +
      'and of each host that files came from, as it was last presented.',
    labelNames: ['role', 'host'],
    registers: [registry],
  })
  return {
    listener: (expiresAt) => expiries.set({ role: 'listener', host: '' }, seconds(expiresAt)),
    source: (host, expiresAt) => expiries.set({ role: 'source', host }, seconds(expiresAt)),
  }
}

function seconds(moment: Date): number {
  return moment.getTime() / 1000
}
