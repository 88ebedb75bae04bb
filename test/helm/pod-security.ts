/**
 * The Pod Security Standard `restricted`, baseline included, as its public table lists it; of the rules for
 * Windows the one that applies to any pod.
 */
import type { PodSpec } from '../support/helm.ts'

interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly procMount?: string
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type: string }
  readonly appArmorProfile?: { readonly type: string }
  readonly seLinuxOptions?: Readonly<Record<string, string>>
  readonly windowsOptions?: { readonly hostProcess?: boolean }
  readonly sysctls?: readonly { readonly name: string }[]
}

interface AnyContainer {
  readonly name: string
  readonly securityContext?: SecurityContext
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly [handler: string]: unknown
}

const VOLUMES: readonly string[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

const SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]

const SELINUX_TYPES: readonly string[] = [
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]

const PROFILES: readonly string[] = ['RuntimeDefault', 'Localhost']

/** The rules that a pod breaks, by name; none if a namespace that enforces the standard admits it. */
export function brokenRules(spec: PodSpec): string[] {
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap(
    (kind) => (spec[kind] ?? []) as readonly AnyContainer[],
  )
  const pod = (spec['securityContext'] ?? {}) as SecurityContext
  const broken = [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((member) => spec[member] === true),
    ...(spec.volumes ?? []).flatMap((volume) => {
      const kinds = Object.keys(volume).filter((member) => member !== 'name')
      return kinds.every((kind) => VOLUMES.includes(kind)) ? [] : ['volume types']
    }),
    ...(pod.sysctls ?? []).flatMap(({ name }) => (SYSCTLS.includes(name) ? [] : ['sysctls'])),
    ...brokenInBoth(pod),
    ...containers.flatMap((container) => brokenInContainer(container, pod)),
  ]
  return [...new Set(broken)]
}

/** Rules for the pod's context and for that of a container alike. */
function brokenInBoth(context: SecurityContext): string[] {
  const { seLinuxOptions: selinux = {}, seccompProfile, appArmorProfile } = context
  return [
    context.windowsOptions?.hostProcess === true && 'host process',
    context.runAsUser === 0 && 'running as root',
    (selinux['user'] ?? selinux['role'] ?? '') !== '' && 'SELinux',
    !['', ...SELINUX_TYPES].includes(selinux['type'] ?? '') && 'SELinux',
    seccompProfile !== undefined && !PROFILES.includes(seccompProfile.type) && 'seccomp',
    appArmorProfile !== undefined && !PROFILES.includes(appArmorProfile.type) && 'AppArmor',
  ].filter((rule) => rule !== false)
}

function brokenInContainer(container: AnyContainer, pod: SecurityContext): string[] {
  const context = container.securityContext ?? {}
  const { add = [], drop = [] } = context.capabilities ?? {}
  const addsMore = add.some((capability) => capability !== 'NET_BIND_SERVICE')
  return [
    ...brokenInBoth(context),
    context.privileged === true && 'privileged',
    (context.procMount ?? 'Default') !== 'Default' && '/proc mount',
    (container.ports ?? []).some(({ hostPort = 0 }) => hostPort !== 0) && 'host ports',
    namesHost(container) && 'host probes',
    context.allowPrivilegeEscalation !== false && 'privilege escalation',
    (context.runAsNonRoot ?? pod.runAsNonRoot) !== true && 'running as non-root',
    (context.seccompProfile ?? pod.seccompProfile) === undefined && 'seccomp',
    (!drop.includes('ALL') || addsMore) && 'capabilities',
  ].filter((rule) => rule !== false)
}

function namesHost({
  livenessProbe,
  readinessProbe,
  startupProbe,
  lifecycle,
}: AnyContainer): boolean {
  const text = JSON.stringify([livenessProbe, readinessProbe, startupProbe, lifecycle])
  return /"(?:httpGet|tcpSocket)":\{[^}]*"host":/.test(text)
}
