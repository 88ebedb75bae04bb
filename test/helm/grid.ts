/** Values that a site may choose: every mode with every way to guard it, and each option by itself. */
import type { Rendering, Values } from '../support/helm.ts'

export interface Case extends Rendering {
  readonly name: string
  readonly values: Values
}

const MODES: Readonly<Record<string, Values>> = {
  embedded: {},
  postgresql: { database: { mode: 'postgresql', existingSecret: 'the-database' } },
}

const TLS: Readonly<Record<string, Values>> = {
  http: {},
  https: { tls: { existingSecret: 'the-certificate' } },
}

const TOKENS: Readonly<Record<string, Values>> = {
  open: {},
  tokens: { secrets: { existingSecret: 'the-tokens' } },
  'admin token': { secrets: { existingSecret: 'the-tokens', readTokenKey: '' } },
  'read token': { secrets: { existingSecret: 'the-tokens', adminTokenKey: '' } },
}

const APIS: Readonly<Record<string, readonly string[]>> = {
  'no operator': [],
  operator: ['monitoring.coreos.com/v1'],
}

const INGRESS: Values = {
  enabled: true,
  className: 'internal',
  annotations: { 'example/backend': 'https' },
  hosts: [
    { host: 'ranges.example' },
    { host: '*.lists.example', paths: [{ path: '/l/', pathType: 'Prefix' }] },
  ],
  tls: [{ secretName: 'the-ingress-certificate', hosts: ['ranges.example'] }],
}

const PEERS: Values[] = [
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } },
  { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
]

/** Each with both modes. */
const OPTIONS: Readonly<Record<string, Rendering>> = {
  settings: { values: { settings: { RANGEWARDEN_CLOUDS: 'Public,China', NO_PROXY: '.example' } } },
  proxy: {
    values: {
      settings: {
        HTTPS_PROXY: 'http://proxy.example:3128',
        RANGEWARDEN_MIRROR_URL: 'http://mirror.example:8081',
      },
    },
  },
  'proxy from a Secret': {
    values: {
      extraEnv: [
        { name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'the-proxy', key: 'url' } } },
        { name: 'TZ', value: 'UTC' },
      ],
      networkPolicy: { egress: { proxy: { ports: [3128], to: PEERS } } },
    },
  },
  'closed network': {
    values: {
      networkPolicy: {
        ingress: { from: PEERS, metricsFrom: PEERS.slice(0, 1) },
        egress: {
          dns: { to: PEERS, ports: [53] },
          https: { to: PEERS },
          database: { to: PEERS, ports: [6432] },
          extra: [{ to: PEERS, ports: [{ port: 8443, protocol: 'TCP' }] }],
        },
      },
    },
  },
  'a proxy that some hosts go past': {
    values: {
      settings: { NO_PROXY: '.example' },
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }],
      networkPolicy: { egress: { proxy: { to: PEERS }, https: { to: PEERS } } },
    },
  },
  'no network policy': { values: { networkPolicy: { enabled: false } } },
  'authority in a ConfigMap': { values: { extraCaCertificates: { configMap: 'the-authority' } } },
  'authority in a Secret': {
    values: { extraCaCertificates: { secret: 'the-authority', key: 'ca' } },
  },
  ingress: { values: { ingress: INGRESS } },
  'load balancer': {
    values: {
      service: {
        type: 'LoadBalancer',
        port: 8443,
        externalTrafficPolicy: 'Local',
        loadBalancerClass: 'example/internal',
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        annotations: { 'example/internal': 'true' },
      },
    },
  },
  'a port of the nodes, in both families': {
    values: {
      host: '::',
      service: {
        type: 'NodePort',
        nodePort: 30_080,
        ipFamilyPolicy: 'RequireDualStack',
        ipFamilies: ['IPv6', 'IPv4'],
      },
    },
  },
  'quantities of every form': {
    values: {
      persistence: { size: '1e9' },
      ...Object.fromEntries(
        ['embedded', 'api', 'worker'].map((pods) => [
          pods,
          { resources: { requests: { memory: '1e9', cpu: '.5' }, limits: { memory: 1e9 } } },
        ]),
      ),
    },
  },
  'no time to drain': {
    values: {
      settings: { RANGEWARDEN_DRAIN_SECONDS: '0' },
      terminationGracePeriodSeconds: 30,
    },
  },
  'probes as Kubernetes has them': {
    values: {
      startupProbe: { periodSeconds: null, timeoutSeconds: null, failureThreshold: null },
      livenessProbe: { successThreshold: 1 },
      readinessProbe: { successThreshold: 2 },
    },
  },
  'users of OpenShift': {
    values: { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
  },
  'another account': { values: { serviceAccount: { create: false, name: 'the-account' } } },
  'the default account': { values: { serviceAccount: { create: false } } },
  'an image by digest': {
    values: {
      image: {
        repository: 'registry.example:5000/team/rangewarden',
        digest: `sha256:${'0a'.repeat(32)}`,
        pullPolicy: 'Always',
        pullSecrets: ['the-registry'],
      },
    },
  },
  scheduling: {
    values: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'edge', operator: 'Exists', effect: 'NoSchedule' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'important',
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'rangewarden' } },
        },
      ],
      podLabels: { team: 'network' },
      podAnnotations: { 'example/note': 'yes' },
      commonLabels: { owner: 'network' },
    },
  },
  'no spread': { values: { topologySpreadConstraints: [] } },
  'one of each': { values: { api: { replicas: 1 }, worker: { replicas: 1 } } },
  'half of them away': {
    values: { api: { replicas: 5 }, podDisruptionBudget: { maxUnavailable: '50%' } },
  },
  stopped: { values: { embedded: { replicas: 0 }, api: { replicas: 0 }, worker: { replicas: 0 } } },
  'files of a volume': {
    values: {
      settings: { RANGEWARDEN_SOURCE: 'folder:/files' },
      extraVolumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'the-files' } }],
      extraVolumeMounts: [{ name: 'files', mountPath: '/files', readOnly: true }],
    },
  },
  'a dashboard': { values: { metrics: { dashboard: { enabled: true, annotations: { a: 'b' } } } } },
  'a monitor of one kind': {
    apis: ['monitoring.coreos.com/v1'],
    values: {
      tls: { existingSecret: 'the-certificate' },
      secrets: { existingSecret: 'the-tokens' },
      metrics: {
        serviceMonitor: {
          labels: { release: 'prometheus' },
          tokenSecret: { name: 'the-metrics-token', key: 'token' },
          tlsConfig: { serverName: 'ranges.example' },
        },
        prometheusRule: { enabled: false },
      },
    },
  },
  'a name of its own': { values: { fullnameOverride: 'azure-ranges' } },
  'the longest release': { release: `r${'x'.repeat(51)}y`, values: { nameOverride: 'ranges' } },
  'the name of the chart': { release: 'rangewarden' },
}

/** Of the volume, which one of the modes has. */
const VOLUMES: Readonly<Record<string, Values>> = {
  'no volume': { persistence: { enabled: false } },
  'a claim that is there': { persistence: { existingClaim: 'the-claim' } },
  'a volume of its own kind': {
    persistence: {
      storageClass: 'fast',
      size: '5Gi',
      accessModes: ['ReadWriteOncePod'],
      annotations: { a: 'b' },
    },
  },
}

/** Objects that values of the grid name, and that the site has. */
export const EXISTING: readonly string[] = [
  ...['database', 'certificate', 'tokens', 'proxy', 'authority', 'registry', 'metrics-token'].map(
    (name) => `Secret/the-${name}`,
  ),
  'Secret/the-ingress-certificate',
  'ConfigMap/the-authority',
  'PersistentVolumeClaim/the-claim',
  'PersistentVolumeClaim/the-files',
  'ServiceAccount/the-account',
  'ServiceAccount/default',
]

export const GRID: readonly Case[] = [
  ...pairs(MODES).flatMap(([mode, base]) =>
    pairs(TLS).flatMap(([tls, certificate]) =>
      pairs(TOKENS).flatMap(([access, tokens]) =>
        pairs(APIS).map(([operator, apis]) => ({
          name: [mode, tls, access, operator].join(', '),
          values: { ...base, ...certificate, ...tokens },
          apis,
        })),
      ),
    ),
  ),
  ...pairs(MODES).flatMap(([mode, base]) =>
    pairs(OPTIONS).map(([name, option]) => ({
      ...option,
      name: `${mode}, ${name}`,
      values: { ...option.values, ...base },
    })),
  ),
  ...pairs(VOLUMES).map(([name, values]) => ({ name, values })),
]

function pairs<T>(named: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(named)
}
