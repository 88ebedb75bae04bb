/** Whether everything that objects of a release name is there, and selectors find what they are for. */
import {
  podsOf,
  type Container,
  type Labels,
  type Manifest,
  type RenderedPod,
} from '../support/helm.ts'

interface Selector {
  readonly matchLabels: Labels
}

interface Members {
  readonly selector?: Selector & Labels
  readonly podSelector?: Selector
  readonly serviceName?: string
  readonly volumeClaimTemplates?: readonly Manifest[]
  readonly ports?: readonly { readonly name: string; readonly targetPort: string }[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
  readonly rules?: readonly {
    readonly http: { readonly paths: readonly { readonly backend: Backend }[] }
  }[]
  readonly tls?: readonly { readonly secretName: string }[]
  readonly endpoints?: readonly {
    readonly port: string
    readonly authorization?: { readonly credentials: { readonly name: string } }
  }[]
}

interface Rule {
  readonly from?: readonly { readonly podSelector?: Selector }[]
  readonly to?: readonly { readonly podSelector?: Selector }[]
  readonly ports: readonly { readonly port: string | number }[]
}

interface Backend {
  readonly service: { readonly name: string; readonly port: { readonly name: string } }
}

/** Sentences about what is not there; `existing` are objects the site has, as `Secret/name`. */
export function unresolved(manifests: readonly Manifest[], existing: readonly string[]): string[] {
  const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  const there = [...names, ...existing]
  const pods = podsOf(manifests)
  const wanted = [
    ...pods.flatMap((pod) => podReferences(pod).map((name) => [pod.owner, name] as const)),
    ...manifests.flatMap((one) => objectReferences(one).map((name) => [one, name] as const)),
  ]
  return [
    ...names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${name} is there twice`),
    ...wanted
      .filter(([, name]) => !there.includes(name))
      .map(([by, name]) => `${by.kind}/${by.metadata.name} names ${name}`),
    ...pods.flatMap(({ owner, spec }) =>
      spec.containers.flatMap((container) =>
        looseMounts(owner, container, volumeNames(owner, pods)),
      ),
    ),
    ...manifests.flatMap((one) => selections(one, manifests, pods)),
  ]
}

function podReferences({ spec }: RenderedPod): string[] {
  const pulls = (spec['imagePullSecrets'] ?? []) as readonly { readonly name: string }[]
  return [
    `ServiceAccount/${spec.serviceAccountName ?? 'default'}`,
    ...pulls.map(({ name }) => `Secret/${name}`),
    ...(spec.volumes ?? []).flatMap(({ secret, configMap, persistentVolumeClaim: claim }) => [
      ...(secret ? [`Secret/${secret.secretName}`] : []),
      ...(configMap ? [`ConfigMap/${configMap.name}`] : []),
      ...(claim ? [`PersistentVolumeClaim/${claim.claimName}`] : []),
    ]),
    ...spec.containers.flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ configMapRef }) => `ConfigMap/${configMapRef.name}`),
      ...env.flatMap(({ valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
        ...(secretKeyRef ? [`Secret/${secretKeyRef.name}`] : []),
        ...(configMapKeyRef ? [`ConfigMap/${configMapKeyRef.name}`] : []),
      ]),
    ]),
  ]
}

function objectReferences({ kind, spec = {} }: Manifest): string[] {
  const { serviceName, rules = [], tls = [], endpoints = [] } = spec as Members
  if (kind === 'StatefulSet') return [`Service/${serviceName ?? ''}`]
  if (kind === 'Ingress') {
    const backends = rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend.service))
    return [
      ...backends.map(({ name }) => `Service/${name}`),
      ...tls.map(({ secretName }) => `Secret/${secretName}`),
    ]
  }
  if (kind !== 'ServiceMonitor') return []
  return endpoints.flatMap(({ authorization }) =>
    authorization ? [`Secret/${authorization.credentials.name}`] : [],
  )
}

function volumeNames(owner: Manifest, pods: readonly RenderedPod[]): string[] {
  const own = pods.find((pod) => pod.owner === owner)?.spec.volumes ?? []
  const { volumeClaimTemplates = [] } = (owner.spec ?? {}) as Members
  return [
    ...own.map(({ name }) => name),
    ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
  ]
}

/** Mounts of no volume, volumes that nobody mounts, variables and probes that contradict themselves. */
function looseMounts(owner: Manifest, container: Container, volumes: readonly string[]): string[] {
  const { env = [], ports = [], volumeMounts = [] } = container
  const mounted = volumeMounts.map(({ name }) => name)
  const variables = env.map(({ name }) => name)
  const probed = ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => {
    const { httpGet } = (container[probe] ?? {}) as { readonly httpGet?: { readonly port: string } }
    return httpGet && !ports.some(({ name }) => name === httpGet.port) ? [httpGet.port] : []
  })
  const by = `${owner.kind}/${owner.metadata.name}`
  return [
    ...mounted.filter((name) => !volumes.includes(name)).map((name) => `${by} mounts ${name}`),
    ...volumes.filter((name) => !mounted.includes(name)).map((name) => `${by} leaves ${name}`),
    ...repeated(variables).map((name) => `${by} sets ${name} twice`),
    ...repeated(volumes).map((name) => `${by} has the volume ${name} twice`),
    ...probed.map((port) => `${by} probes the port ${port}`),
  ]
}

function selections(
  one: Manifest,
  manifests: readonly Manifest[],
  pods: readonly RenderedPod[],
): string[] {
  const spec = (one.spec ?? {}) as Members
  const by = `${one.kind}/${one.metadata.name}`
  const found = (labels: Labels | undefined): RenderedPod[] =>
    pods.filter((pod) => matches(labels, pod.labels))
  switch (one.kind) {
    case 'Deployment':
    case 'StatefulSet': {
      const owners = found(spec.selector?.matchLabels).map(({ owner }) => owner)
      return owners.length === 1 && owners[0] === one ? [] : [`${by} selects other pods`]
    }
    case 'PodDisruptionBudget':
      return found(spec.selector?.matchLabels).length === 1 ? [] : [`${by} selects not one kind`]
    case 'Service': {
      const chosen = found(spec.selector)
      return [
        ...(chosen.length === 0 ? [`${by} selects nothing`] : []),
        ...(chosen.some(({ owner }) => owner.kind === 'Pod') ? [`${by} selects the test`] : []),
        ...(spec.ports ?? []).flatMap(({ targetPort }) =>
          chosen.every(({ spec: own }) => hasPort(own.containers, targetPort))
            ? []
            : [`${by} leads to the port ${targetPort}`],
        ),
      ]
    }
    case 'NetworkPolicy': {
      const peers = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ from, to }) =>
        [...(from ?? []), ...(to ?? [])].flatMap(({ podSelector }) => podSelector ?? []),
      )
      const selectors = [spec.podSelector, ...peers]
      return selectors
        .filter((selector) => found(selector?.matchLabels).length !== 1)
        .map((selector) => `${by} selects not one kind: ${JSON.stringify(selector)}`)
    }
    case 'ServiceMonitor': {
      const services = manifests.filter(
        ({ kind, metadata }) =>
          kind === 'Service' && matches(spec.selector?.matchLabels, metadata.labels ?? {}),
      )
      const ports = services.flatMap((service) => ((service.spec ?? {}) as Members).ports ?? [])
      const named = (spec.endpoints ?? []).every(({ port }) =>
        ports.some(({ name }) => name === port),
      )
      return services.length === 1 && named ? [] : [`${by} selects not one Service with its port`]
    }
    default:
      return []
  }
}

function hasPort(containers: readonly Container[], name: string): boolean {
  return containers.some(({ ports = [] }) => ports.some((port) => port.name === name))
}

function matches(selector: Labels | undefined, labels: Labels): boolean {
  return (
    selector !== undefined &&
    Object.entries(selector).every(([key, value]) => labels[key] === value)
  )
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) !== i)
}
