/** The chart, rendered by the real helm: on the PATH, or where `go install` puts it. No cluster is asked. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { program, type Requirement } from './requirements.ts'

export const CHART = fileURLToPath(new URL('../../helm', import.meta.url))

const GO_BIN = join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin')

export const helm: Requirement = program('helm', [GO_BIN])

/** A value of JSON, as it is read from YAML. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type Values = Readonly<Record<string, Json>>

export interface Rendering {
  readonly values?: Values
  /** By default `ranges`. */
  readonly release?: string
  /** Kinds of APIs that the cluster has besides its own, such as `monitoring.coreos.com/v1`. */
  readonly apis?: readonly string[]
  /** Another folder than the repository's chart. */
  readonly chart?: string
}

/** The Kubernetes for which is rendered: a helm that was built by `go install` takes a very old one. */
const CLUSTER = ['--kube-version', '1.31.0', '--namespace', 'network']

/** Everything that `helm template` prints; throws with what helm says when it refuses. */
export function renderText({ values = {}, release = 'ranges', apis, chart }: Rendering): string {
  const known = (apis ?? []).flatMap((api) => ['--api-versions', api])
  const args = ['template', release, chart ?? CHART, ...CLUSTER, ...known]
  return runHelm([...args, '--values', '-'], values)
}

/** The objects, read strictly: no warning, no key twice. */
export function render(rendering: Rendering = {}): Manifest[] {
  return parseAllDocuments(renderText(rendering), { strict: true, uniqueKeys: true }).map((one) => {
    if (!('errors' in one)) throw new Error('helm printed nothing')
    const [wrong] = [...one.errors, ...one.warnings]
    if (wrong) throw wrong
    return one.toJS() as Manifest
  })
}

/** What `helm lint --strict` says; throws when it is not content. */
export function lint(values: Values = {}): string {
  return runHelm(['lint', CHART, '--strict', '--kube-version', '1.31.0', '--values', '-'], values)
}

function runHelm(args: readonly string[], values: Values): string {
  const own = join(GO_BIN, 'helm')
  const { status, stdout, stderr, error } = spawnSync(existsSync(own) ? own : 'helm', args, {
    input: JSON.stringify(values),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // Nothing of the machine's own clusters or repositories.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: '/nonexistent' },
  })
  if (error) throw error
  if (status !== 0) throw new Error(stderr + stdout)
  return stdout
}

/** An object of Kubernetes, as much of it as tests look at. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: Labels
    readonly annotations?: Labels
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: Spec
}

export type Labels = Readonly<Record<string, string>>

interface Spec {
  readonly [member: string]: unknown
  readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
}

export interface PodSpec {
  readonly [member: string]: unknown
  readonly serviceAccountName?: string
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export interface Container {
  readonly [member: string]: unknown
  readonly name: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly Variable[]
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

export interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string }
    readonly configMapKeyRef?: { readonly name: string; readonly key: string }
  }
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: unknown
  readonly secret?: { readonly secretName: string; readonly items?: readonly Item[] }
  readonly configMap?: { readonly name: string; readonly items?: readonly Item[] }
  readonly persistentVolumeClaim?: { readonly claimName: string }
}

interface Item {
  readonly key: string
  readonly path: string
}

/** A pod of the release, and what it comes from. */
export interface RenderedPod {
  readonly owner: Manifest
  readonly labels: Labels
  readonly spec: PodSpec
}

/** Of workloads and by itself. */
export function podsOf(manifests: readonly Manifest[]): RenderedPod[] {
  return manifests.flatMap((owner) => {
    const { template } = owner.spec ?? {}
    if (template) return [{ owner, labels: template.metadata.labels, spec: template.spec }]
    if (owner.kind !== 'Pod') return []
    const spec = owner.spec as unknown as PodSpec
    return [{ owner, labels: owner.metadata.labels ?? {}, spec }]
  })
}

/** The only object of a kind, or the one whose name ends so. */
export function objectOf(manifests: readonly Manifest[], kind: string, ending = ''): Manifest {
  const found = manifests.filter((one) => one.kind === kind && one.metadata.name.endsWith(ending))
  const [only] = found
  if (!only || found.length > 1) throw new Error(`${found.length} objects ${kind} …${ending}`)
  return only
}
