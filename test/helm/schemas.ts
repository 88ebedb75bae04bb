/** The schemas of Kubernetes and of the Prometheus operator, and no member that they do not know. */
import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Pod, Service, ServiceAccount } from 'kubernetes-models/v1'
import type { Manifest } from '../support/helm.ts'

const MODELS = [
  ConfigMap,
  Deployment,
  Ingress,
  NetworkPolicy,
  Pod,
  PodDisruptionBudget,
  PrometheusRule,
  Service,
  ServiceAccount,
  ServiceMonitor,
  StatefulSet,
] as const

/** What a strict server would refuse, with the place of each. */
export function schemaMistakes(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest
  const model = MODELS.find((one) => one.kind === kind && one.apiVersion === apiVersion)
  if (!model) return [`${apiVersion} ${kind} is no kind that is looked at`]
  const read = new Set<string>()
  try {
    model.prototype.validate.call(watched(manifest, '', read) as never)
  } catch (error) {
    return [(error as Error).message]
  }
  return membersOf(manifest, '')
    .filter((member) => !read.has(member))
    .map((member) => `${member}: there is no such member`)
}

/**
 * The validators check the members they know and pass over all others, so a misspelt one would go
 * unnoticed. But they read every member that they know: what nobody read is unknown.
 */
function watched(value: unknown, path: string, read: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  return new Proxy(value, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return member
      read.add(`${path}/${key}`)
      return watched(member, `${path}/${key}`, read)
    },
  })
}

function membersOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [
    `${path}/${key}`,
    ...membersOf(member, `${path}/${key}`),
  ])
}
