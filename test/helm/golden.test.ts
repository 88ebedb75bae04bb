/** Four sites as they are installed, to be read: a change of theirs is a change for everybody. */
import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { helm, renderText, type Rendering } from '../support/helm.ts'

const SITES: Readonly<Record<string, Rendering>> = {
  'one-pod': {},
  'one-pod-with-everything': {
    values: {
      settings: {
        RANGEWARDEN_CLOUDS: 'Public, China',
        HTTPS_PROXY: 'http://proxy.example:3128',
        RANGEWARDEN_TRUSTED_PROXIES: '10.2.0.0/16',
      },
      secrets: { existingSecret: 'ranges-tokens' },
      tls: { existingSecret: 'ranges-certificate' },
      extraCaCertificates: { configMap: 'company-authority' },
      persistence: { storageClass: 'fast', size: '5Gi' },
      ingress: {
        enabled: true,
        className: 'internal',
        hosts: [{ host: 'ranges.example' }],
        tls: [{ secretName: 'ranges-ingress', hosts: ['ranges.example'] }],
      },
    },
  },
  'two-roles': { values: { database: { mode: 'postgresql', existingSecret: 'ranges-database' } } },
  'two-roles-closed': {
    values: {
      database: { mode: 'postgresql', existingSecret: 'ranges-database' },
      secrets: { existingSecret: 'ranges-tokens' },
      podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
      networkPolicy: {
        ingress: {
          from: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
          metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
        },
        egress: { dns: { ports: [53] }, database: { ports: [6432] } },
      },
      // They have files of their own, and tests of those.
      metrics: { prometheusRule: { enabled: false } },
    },
    apis: ['monitoring.coreos.com/v1'],
  },
}

describeWith([helm], 'the manifests of', () => {
  it.each(Object.entries(SITES))('%s', async (name, rendering) => {
    await expect(renderText(rendering)).toMatchFileSnapshot(`golden/${name}.yaml`)
  })
})
