/** Whatever a site chooses: helm is content, Kubernetes would take every object, and all fits together. */
import { expect, it } from 'vitest'
import { readConfig, type Config } from '../../src/config.ts'
import { describeWith } from '../support/requirements.ts'
import {
  helm,
  lint,
  objectOf,
  podsOf,
  render,
  type Manifest,
  type RenderedPod,
} from '../support/helm.ts'
import { EXISTING, GRID, type Case } from './grid.ts'
import { brokenRules } from './pod-security.ts'
import { unresolved } from './references.ts'
import { schemaMistakes } from './schemas.ts'

/** Files that pods are given, as their Secrets may hold them. */
const FILES: Readonly<Record<string, string>> = {
  '/etc/rangewarden/database/url': 'postgresql://user:password@database.example:5432/ranges',
  '/etc/rangewarden/tokens/admin': 'token-of-admins\n',
  '/etc/rangewarden/tokens/read': 'one,two\n',
}

function serving(manifests: readonly Manifest[]): RenderedPod[] {
  return podsOf(manifests).filter(({ owner }) => owner.kind !== 'Pod')
}

/** The settings with which the service would start in a pod. */
function configOf({ spec }: RenderedPod, manifests: readonly Manifest[]): Config {
  const variables = spec.containers.flatMap(({ env = [], envFrom = [] }) => [
    ...envFrom.flatMap(({ configMapRef: { name } }) =>
      Object.entries(manifests.find((one) => one.metadata.name === name && one.data)?.data ?? {}),
    ),
    ...env.map(
      ({ name, value }) => [name, value ?? 'http://user:secret@proxy.example:3128'] as const,
    ),
  ])
  return readConfig(Object.fromEntries(variables), (path) => {
    const mounted = filesIn(spec)
    if (!mounted.includes(path)) throw new Error(`mounted are ${mounted.join(', ')}`)
    return FILES[path] ?? 'a PEM'
  })
}

/** Of mounted Secrets and ConfigMaps. */
function filesIn(spec: RenderedPod['spec']): string[] {
  const mounts = spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts)
  return (spec.volumes ?? []).flatMap(({ name, secret, configMap }) => {
    const folder = mounts.find((mount) => mount.name === name)?.mountPath ?? ''
    return ((secret ?? configMap)?.items ?? []).map(({ path }) => `${folder}/${path}`)
  })
}

describeWith([helm], 'the chart, with', () => {
  // A release's name and the cluster's APIs are nothing to lint.
  const linted = new Map(GRID.map(({ name, values }) => [JSON.stringify(values), { name, values }]))

  it.each([...linted.values()])('$name, is what helm calls clean', ({ values }) => {
    expect(lint(values)).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  const rendered = new Map<string, readonly Manifest[]>()

  /** Rendered once, for all that is asked of it. */
  function manifestsOf(chosen: Case): readonly Manifest[] {
    const manifests = rendered.get(chosen.name) ?? render(chosen)
    rendered.set(chosen.name, manifests)
    return manifests
  }

  it.each(GRID)('$name, has objects that Kubernetes takes, under names it takes', (chosen) => {
    const manifests = manifestsOf(chosen)
    expect(manifests.flatMap(schemaMistakes)).toEqual([])
    for (const { kind, metadata } of manifests) {
      expect(metadata.name, kind).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
      for (const value of Object.values(metadata.labels ?? {})) {
        expect(value, kind).toMatch(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/)
      }
    }
  })

  it.each(GRID)('$name, names nothing that is not there', (chosen) => {
    expect(unresolved(manifestsOf(chosen), EXISTING)).toEqual([])
  })

  it.each(GRID)('$name, keeps the restricted standard', (chosen) => {
    const pods = podsOf(manifestsOf(chosen))
    expect(pods.flatMap(({ spec }) => brokenRules(spec))).toEqual([])
    for (const { spec } of pods) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
      for (const container of spec.containers) {
        expect(container).toMatchObject({
          securityContext: { readOnlyRootFilesystem: true },
          resources: { requests: { memory: expect.any(String) as string } },
        })
      }
    }
  })

  it.each(GRID)('$name, gives settings the service starts with, and their files', (chosen) => {
    const manifests = manifestsOf(chosen)
    const pods = serving(manifests)
    expect(pods.length).toBeGreaterThan(0)
    for (const pod of pods) {
      const [{ ports = [], ...container } = { args: [] }] = pod.spec.containers
      expect(container.args).toEqual(['serve'])
      const config = configOf(pod, manifests)
      expect(ports).toEqual([{ name: 'http', containerPort: config.port }])
      const scheme = config.tlsCert === undefined ? {} : { scheme: 'HTTPS' }
      const probe = (path: string) => ({ httpGet: { path, port: 'http', ...scheme } })
      expect(container).toMatchObject({
        startupProbe: probe('/health/live'),
        livenessProbe: probe('/health/live'),
        readinessProbe: probe('/health/ready'),
      })
    }
  })
})

describeWith([helm], 'the roles', () => {
  const postgresql = { database: { mode: 'postgresql', existingSecret: 'd' } }
  const tokens = { secrets: { existingSecret: 't' } }

  it('are all in one pod, with the database on its volume', () => {
    const manifests = render()
    const [pod, ...others] = serving(manifests)
    if (!pod || others.length > 0) throw new Error('not one pod')
    const { role, dataDir, databaseUrl } = configOf(pod, manifests)
    expect({ role, dataDir, databaseUrl }).toEqual({ role: 'all', dataDir: '/data' })
    expect(pod.owner).toMatchObject({
      kind: 'StatefulSet',
      spec: { replicas: 1, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
    })
  })

  it('are two with PostgreSQL, of which the worker gets no admin token', () => {
    const manifests = render({ values: { ...postgresql, ...tokens } })
    const configs = serving(manifests).map((pod) => configOf(pod, manifests))
    expect(configs).toMatchObject([
      { role: 'api', adminToken: 'token-of-admins', readTokens: ['one', 'two'] },
      { role: 'worker', readTokens: ['one', 'two'] },
    ])
    expect(configs[1]).not.toHaveProperty('adminToken')
    expect(new Set(configs.map(({ databaseUrl }) => databaseUrl))).toEqual(
      new Set([FILES['/etc/rangewarden/database/url']]),
    )
  })

  it('are replaced one by one, and never fewer than asked for', () => {
    for (const { owner } of serving(render({ values: postgresql }))) {
      expect(owner.spec).toMatchObject({
        replicas: 2,
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      })
    }
  })

  it('have a budget for disruptions where there is more than one pod', () => {
    const values = { ...postgresql, worker: { replicas: 1 } }
    expect(objectOf(render({ values }), 'PodDisruptionBudget').metadata.name).toMatch(/-api$/)
    const none = render().filter(({ kind }) => kind === 'PodDisruptionBudget')
    expect(none).toEqual([])
  })

  it('are spread, each by itself', () => {
    for (const { labels, spec } of serving(render({ values: postgresql }))) {
      expect(spec['topologySpreadConstraints']).toMatchObject([
        {
          topologyKey: 'kubernetes.io/hostname',
          labelSelector: {
            matchLabels: {
              'app.kubernetes.io/component': labels['app.kubernetes.io/component'],
            },
          },
        },
      ])
    }
  })

  it('restart when a setting changes, and for no other reason', () => {
    const sums = ['info', 'debug', 'info'].map((level, i) => {
      const settings = { RANGEWARDEN_LOG_LEVEL: level }
      const [pod] = serving(render({ values: { settings, commonLabels: { i: String(i) } } }))
      const template = pod?.owner.spec?.template as { metadata: Manifest['metadata'] } | undefined
      return template?.metadata.annotations?.['checksum/settings']
    })
    expect(sums[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(sums[0]).toBe(sums[2])
    expect(sums[0]).not.toBe(sums[1])
  })
})
