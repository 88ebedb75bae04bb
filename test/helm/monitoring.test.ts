/** What Prometheus and Grafana get, where the cluster has them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeWith } from '../support/requirements.ts'
import { CHART, helm, objectOf, render, type Manifest, type Values } from '../support/helm.ts'

const apis = ['monitoring.coreos.com/v1']

function endpoint(values: Values): unknown {
  const [one, ...others] = objectOf(render({ values, apis }), 'ServiceMonitor').spec?.[
    'endpoints'
  ] as unknown[]
  expect(others).toEqual([])
  return one
}

function kinds(manifests: readonly Manifest[]): string[] {
  return manifests.map(({ kind }) => kind).filter((kind) => /Monitor|Rule/.test(kind))
}

describeWith([helm], 'monitoring', () => {
  it('is there where the cluster knows its kinds, and can be switched off', () => {
    expect(kinds(render())).toEqual([])
    expect(kinds(render({ apis })).sort()).toEqual(['PrometheusRule', 'ServiceMonitor'])
    const metrics = { serviceMonitor: { enabled: false }, prometheusRule: { enabled: false } }
    expect(kinds(render({ apis, values: { metrics } }))).toEqual([])
  })

  it('scrapes every pod by itself, with the token that reading asks for', () => {
    const plain = { port: 'http', path: '/metrics', interval: '60s' }
    expect(endpoint({})).toEqual(plain)
    const credentials = { name: 't', key: 'read-token' }
    const authorization = { type: 'Bearer', credentials }
    const secrets = { existingSecret: 't' }
    expect(endpoint({ secrets })).toEqual({ ...plain, authorization })
    expect(endpoint({ secrets: { ...secrets, readTokenKey: '' } })).toEqual(plain)
    const tokenSecret = { name: 'm', key: 'k' }
    expect(endpoint({ secrets, metrics: { serviceMonitor: { tokenSecret } } })).toEqual({
      ...plain,
      authorization: { type: 'Bearer', credentials: tokenSecret },
    })
    expect(objectOf(render({ apis }), 'Service', '-pods').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    })
  })

  it('scrapes https as the site says, and without asking whose certificate it is if nothing', () => {
    const tls = { existingSecret: 'c' }
    const secure = { scheme: 'https', tlsConfig: { insecureSkipVerify: true } }
    expect(endpoint({ tls })).toMatchObject(secure)
    const tlsConfig = { serverName: 'ranges.example' }
    const { tlsConfig: given } = endpoint({ tls, metrics: { serviceMonitor: { tlsConfig } } }) as {
      readonly tlsConfig: unknown
    }
    expect(given).toEqual(tlsConfig)
  })

  it('has the alerts and the dashboard of the files, nothing in them taken for a template', () => {
    const values = { metrics: { dashboard: { enabled: true } } }
    const manifests = render({ apis, values })
    const file = (name: string): string => readFileSync(join(CHART, 'files', name), 'utf8')
    expect(objectOf(manifests, 'PrometheusRule').spec).toEqual(parse(file('alerts.yaml')))
    const dashboard = objectOf(manifests, 'ConfigMap', '-dashboard')
    expect(dashboard.metadata.labels).toMatchObject({ grafana_dashboard: '1' })
    expect(JSON.parse(dashboard.data?.['rangewarden.json'] ?? '')).toEqual(
      JSON.parse(file('dashboard.json')),
    )
  })
})
