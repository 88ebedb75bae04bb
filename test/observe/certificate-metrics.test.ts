/** Certificates are told of as long as what is known of them is of use, and no longer. */
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createCertificateMetrics } from '../../src/observe/certificate-metrics.ts'
import { readExposition } from '../support/exposition.ts'

const NAME = 'rangewarden_certificate_expiry_timestamp_seconds'
const DAY_MS = 86_400_000

function seconds(day: number): number {
  return (day * DAY_MS) / 1000
}

it('are told of hosts seen in the last two days, and of our own for ever', async () => {
  const registry = new Registry()
  let day = 100
  const now = (): Date => new Date(day * DAY_MS)
  const certificates = createCertificateMetrics(registry, now)
  const told = async (role: string, host: string): Promise<number | undefined> =>
    readExposition(await registry.metrics()).value(NAME, { role, host })

  certificates.listener(new Date(130 * DAY_MS))
  certificates.source('mirror.example', new Date(103 * DAY_MS))
  certificates.source('files.example', new Date(104 * DAY_MS))
  expect(await told('listener', '')).toBe(seconds(130))
  expect(await told('source', 'mirror.example')).toBe(seconds(103))

  // One is asked again, and has another by then.
  day = 101.5
  certificates.source('files.example', new Date(190 * DAY_MS))
  expect(await told('source', 'mirror.example')).toBe(seconds(103))
  day = 102.1
  expect(await told('source', 'mirror.example')).toBeUndefined()
  expect(await told('source', 'files.example')).toBe(seconds(190))
  day = 140
  expect(await told('source', 'files.example')).toBeUndefined()
  expect(await told('listener', '')).toBe(seconds(130))

  certificates.source('mirror.example', new Date(200 * DAY_MS))
  expect(await told('source', 'mirror.example')).toBe(seconds(200))
})
