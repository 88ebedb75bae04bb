/** Whom the pods may reach, and who may reach them. */
import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { helm, objectOf, render, type Manifest, type Values } from '../support/helm.ts'

interface Rule {
  readonly ports: readonly { readonly port: number | string; readonly protocol?: string }[]
  readonly from?: readonly unknown[]
  readonly to?: readonly unknown[]
}

const POSTGRESQL: Values = { database: { mode: 'postgresql', existingSecret: 'd' } }
const PROXY: Values = { settings: { HTTPS_PROXY: 'http://proxy.example:3128' } }
const PROMETHEUS = { namespaceSelector: { matchLabels: { name: 'monitoring' } } }
const FIREWALLS = { ipBlock: { cidr: '10.0.0.0/8' } }

function rules(values: Values, component: string, direction: 'ingress' | 'egress'): Rule[] {
  const policy: Manifest = objectOf(render({ values }), 'NetworkPolicy', `-${component}`)
  expect(policy.spec?.['policyTypes']).toEqual(['Ingress', 'Egress'])
  return policy.spec?.[direction] as Rule[]
}

/** `TCP 443`, `UDP 53`, in the order of the rules. */
function reached(values: Values, component: string): string[] {
  return rules(values, component, 'egress').flatMap(({ ports }) =>
    ports.map(({ port, protocol }) => `${protocol ?? ''} ${port}`),
  )
}

/** OpenShift's pods of the DNS listen on 5353, which is what a policy goes by there. */
const DNS = ['UDP 53', 'TCP 53', 'UDP 5353', 'TCP 5353']

describeWith([helm], 'the network policy', () => {
  it('lets the pod with the embedded database reach DNS and 443', () => {
    expect(reached({}, 'embedded')).toEqual([...DNS, 'TCP 443'])
  })

  it('lets the API reach DNS and the database alone, and a worker the publisher too', () => {
    expect(reached(POSTGRESQL, 'api')).toEqual([...DNS, 'TCP 5432'])
    expect(reached(POSTGRESQL, 'worker')).toEqual([...DNS, 'TCP 5432', 'TCP 443'])
  })

  it.each([
    ['http://proxy.example:3128', 3128],
    ['http://proxy.example:3128/', 3128],
    ['http://proxy.example', 80],
    ['https://proxy.example/', 443],
    ['http://[2001:db8::80]:8080', 8080],
    ['http://[2001:db8::80]', 80],
  ])('leads to the proxy %s instead of 443', (url, port) => {
    const settings = { settings: { HTTPS_PROXY: url } }
    expect(reached(settings, 'embedded')).toEqual([...DNS, `TCP ${port}`])
    expect(reached({ ...settings, ...POSTGRESQL }, 'worker')).toEqual([
      ...DNS,
      'TCP 5432',
      `TCP ${port}`,
    ])
    expect(reached({ ...settings, ...POSTGRESQL }, 'api')).toEqual([...DNS, 'TCP 5432'])
  })

  it('knows a proxy that comes from a Secret by its port, and keeps to its peers', () => {
    const values = { networkPolicy: { egress: { proxy: { ports: [3128], to: [FIREWALLS] } } } }
    expect(reached(values, 'embedded')).toEqual([...DNS, 'TCP 3128'])
    expect(rules(values, 'embedded', 'egress')[1]?.to).toEqual([FIREWALLS])
    const both = { ...PROXY, ...values }
    expect(reached(both, 'embedded')).toEqual([...DNS, 'TCP 3128'])
  })

  it('leads to a proxy that is given as a variable, in small letters too', () => {
    for (const name of ['HTTPS_PROXY', 'http_proxy']) {
      const extraEnv = [{ name, value: 'http://user:secret@proxy.example:3128' }]
      expect(reached({ extraEnv }, 'embedded')).toEqual([...DNS, 'TCP 3128'])
    }
  })

  it('leaves 443 open beside a proxy for what NO_PROXY names, and to its own peers', () => {
    const values = {
      settings: { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'hooks.example' },
      networkPolicy: { egress: { https: { to: [FIREWALLS] }, proxy: { to: [PROMETHEUS] } } },
    }
    expect(reached(values, 'embedded')).toEqual([...DNS, 'TCP 3128', 'TCP 443'])
    expect(rules(values, 'embedded', 'egress').slice(1)).toMatchObject([
      { to: [PROMETHEUS] },
      { to: [FIREWALLS] },
    ])
    const alone = { settings: { NO_PROXY: 'hooks.example' } }
    expect(reached(alone, 'embedded')).toEqual([...DNS, 'TCP 443'])
  })

  it('leads to mirrors on ports of their own, beside a proxy', () => {
    const settings = {
      ...(PROXY['settings'] as object),
      RANGEWARDEN_PUBLISHER_URL: 'http://mirror.example:8081',
      RANGEWARDEN_MIRROR_URL: 'https://mirror.example',
    }
    expect(reached({ settings }, 'embedded')).toEqual([...DNS, 'TCP 3128', 'TCP 8081', 'TCP 443'])
  })

  it('adds the rules that a site gives to those who deliver, and to no API', () => {
    const extra = [{ to: [FIREWALLS], ports: [{ port: 8443, protocol: 'TCP' }] }]
    const values = { ...POSTGRESQL, networkPolicy: { egress: { extra } } }
    expect(rules(values, 'worker', 'egress')).toContainEqual(extra[0])
    expect(reached(values, 'api')).not.toContain('TCP 8443')
  })

  it('admits everybody to the port of the service, until somebody is named', () => {
    const open = [{ ports: [{ port: 'http' }] }]
    expect(rules({}, 'embedded', 'ingress')).toEqual(open)
    expect(rules(POSTGRESQL, 'api', 'ingress')).toEqual(open)
    expect(rules(POSTGRESQL, 'worker', 'ingress')).toEqual(open)
  })

  it('admits those who are named, who scrape and who test; to workers those who scrape alone', () => {
    const ingress = { from: [FIREWALLS], metricsFrom: [PROMETHEUS] }
    const values = { ...POSTGRESQL, networkPolicy: { ingress } }
    const test = expect.objectContaining({ podSelector: expect.anything() as unknown }) as unknown
    expect(rules(values, 'api', 'ingress')).toEqual([
      { ports: [{ port: 'http' }], from: [FIREWALLS, PROMETHEUS, test] },
    ])
    expect(rules(values, 'worker', 'ingress')).toEqual([
      { ports: [{ port: 'http' }], from: [PROMETHEUS] },
    ])
  })

  it('admits nobody to workers where others are named and nobody scrapes', () => {
    const values = { ...POSTGRESQL, networkPolicy: { ingress: { from: [FIREWALLS] } } }
    expect(rules(values, 'worker', 'ingress')).toEqual([])
  })

  it('lets the test reach the pods that serve, and nothing else', () => {
    for (const [values, component] of [
      [{}, 'embedded'],
      [POSTGRESQL, 'api'],
    ] as const) {
      const [, service, ...others] = rules(values, 'test', 'egress')
      expect(others).toEqual([])
      // Named ports are not found by every plugin on the way out.
      expect(service?.ports).toEqual([{ port: 8080, protocol: 'TCP' }])
      expect(service?.to).toMatchObject([
        { podSelector: { matchLabels: { 'app.kubernetes.io/component': component } } },
      ])
      expect(rules(values, 'test', 'ingress')).toEqual([])
    }
  })
})
