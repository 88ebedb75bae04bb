/** That the check of the schemas is strict: it is what a misspelt template would meet. */
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../support/helm.ts'
import { schemaMistakes } from './schemas.ts'

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'one', labels: { any: 'label' }, annotations: { any: 'note' } },
  spec: { selector: { any: 'label' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
}

const MONITOR = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name: 'one' },
  spec: { selector: { matchLabels: { any: 'label' } }, endpoints: [{ port: 'http' }] },
}

function deployment(pod: object, container: object = {}): Manifest {
  const spec = { ...pod, containers: [{ name: 'one', image: 'any', ...container }] }
  const labels = { any: 'label' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'one' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}

describe('the schemas', () => {
  it('take what is right, with labels, selectors and quantities of any name', () => {
    expect(schemaMistakes(SERVICE)).toEqual([])
    expect(schemaMistakes(MONITOR)).toEqual([])
    const container = {
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
      resources: { requests: { cpu: '100m', 'example/gpu': 1 } },
    }
    const pod = { nodeSelector: { any: 'label' }, volumes: [{ name: 'tmp', emptyDir: {} }] }
    expect(schemaMistakes(deployment(pod, container))).toEqual([])
  })

  it.each<[string, Manifest]>([
    ['/metadata/lables', { ...SERVICE, metadata: { name: 'one', lables: {} } } as Manifest],
    ['/spec/selectors', { ...SERVICE, spec: { ...SERVICE.spec, selectors: {} } }],
    ['/spec/ports/0/targetport', { ...SERVICE, spec: { ports: [{ port: 80, targetport: 8080 }] } }],
    ['/specs', { ...SERVICE, specs: {} } as Manifest],
    [
      '/spec/endpoints/0/bearerTokenSecrets',
      { ...MONITOR, spec: { ...MONITOR.spec, endpoints: [{ bearerTokenSecrets: {} }] } },
    ],
    ['/spec/template/spec/enableServiceLink', deployment({ enableServiceLink: false })],
    [
      '/spec/template/spec/containers/0/securityContext/readOnlyRootFileSystem',
      deployment({}, { securityContext: { readOnlyRootFileSystem: true } }),
    ],
    [
      '/spec/template/spec/containers/0/livenessProbe/httpGet/paths',
      deployment({}, { livenessProbe: { httpGet: { port: 1, paths: '/' } } }),
    ],
  ])('refuse the misspelt member %s', (place, manifest) => {
    expect(schemaMistakes(manifest)).toEqual([`${place}: there is no such member`])
  })

  it('refuse a wrong type, a missing member and an unknown kind', () => {
    const ports = { ...SERVICE, spec: { ports: [{ port: 'eighty' }] } }
    expect(schemaMistakes(ports)).toEqual([expect.stringContaining('/spec/ports/0/port')])
    const bare = { ...deployment({}), spec: { replicas: 1 } } as unknown as Manifest
    expect(schemaMistakes(bare).join()).toMatch(/selector/)
    const odd = { ...SERVICE, kind: 'Sevrice' }
    expect(schemaMistakes(odd)).toEqual(['v1 Sevrice is no kind that is looked at'])
  })
})
