/** That the check of the Pod Security Standard sees what it is for. */
import { describe, expect, it } from 'vitest'
import type { PodSpec } from '../support/helm.ts'
import { brokenRules } from './pod-security.ts'

const CONTEXT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

function pod(spec: object = {}, container: object = {}, context: object = {}): PodSpec {
  const securityContext = { ...CONTEXT, ...context }
  return { ...spec, containers: [{ name: 'one', securityContext, ...container }] }
}

describe('the restricted standard', () => {
  it('admits a pod that keeps it, by its containers or as a whole', () => {
    expect(brokenRules(pod())).toEqual([])
    const whole = { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } }
    const { allowPrivilegeEscalation, capabilities } = CONTEXT
    const container = { securityContext: { allowPrivilegeEscalation, capabilities } }
    expect(brokenRules(pod({ securityContext: whole }, container))).toEqual([])
    const bound = { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }
    expect(brokenRules(pod({}, {}, bound))).toEqual([])
  })

  it.each<[string, PodSpec]>([
    ['hostNetwork', pod({ hostNetwork: true })],
    ['hostPID', pod({ hostPID: true })],
    ['hostIPC', pod({ hostIPC: true })],
    ['volume types', pod({ volumes: [{ name: 'node', hostPath: { path: '/' } }] })],
    ['volume types', pod({ volumes: [{ name: 'far', nfs: { server: 's', path: '/' } }] })],
    ['sysctls', pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } })],
    ['host process', pod({ securityContext: { windowsOptions: { hostProcess: true } } })],
    ['running as root', pod({ securityContext: { runAsUser: 0 } })],
    ['running as root', pod({}, {}, { runAsUser: 0 })],
    ['running as non-root', pod({}, {}, { runAsNonRoot: undefined })],
    [
      'running as non-root',
      pod({ securityContext: { runAsNonRoot: true } }, {}, { runAsNonRoot: false }),
    ],
    ['SELinux', pod({ securityContext: { seLinuxOptions: { type: 'spc_t' } } })],
    ['SELinux', pod({}, {}, { seLinuxOptions: { user: 'system_u' } })],
    ['seccomp', pod({}, {}, { seccompProfile: undefined })],
    ['seccomp', pod({ securityContext: { seccompProfile: { type: 'Unconfined' } } })],
    ['AppArmor', pod({}, {}, { appArmorProfile: { type: 'Unconfined' } })],
    ['privileged', pod({}, {}, { privileged: true })],
    ['/proc mount', pod({}, {}, { procMount: 'Unmasked' })],
    ['host ports', pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] })],
    ['host probes', pod({}, { livenessProbe: { httpGet: { path: '/', host: '10.0.0.1' } } })],
    ['privilege escalation', pod({}, {}, { allowPrivilegeEscalation: undefined })],
    ['capabilities', pod({}, {}, { capabilities: { drop: ['NET_RAW'] } })],
    ['capabilities', pod({}, {}, { capabilities: { drop: ['ALL'], add: ['SYS_TIME'] } })],
    [
      'privilege escalation',
      pod({
        initContainers: [
          { name: 'two', securityContext: { ...CONTEXT, allowPrivilegeEscalation: true } },
        ],
      }),
    ],
  ])('refuses a pod that breaks the rule on %s', (rule, broken) => {
    expect(brokenRules(broken)).toEqual([rule])
  })
})
