/** What cannot work is refused before anything is installed, in words that name the value. */
import { expect, it } from 'vitest'
import { describeSettings } from '../../src/config.ts'
import { SETTINGS_OF_THE_CHART } from '../../scripts/helm-readme.ts'
import { describeWith } from '../support/requirements.ts'
import { helm, lint, render, renderText, type Rendering, type Values } from '../support/helm.ts'

const POSTGRESQL = { mode: 'postgresql', existingSecret: 'the-database' }
const DIGEST = `sha256:${'0a'.repeat(32)}`

/** What helm says, after its own first lines. */
function refusal(rendering: Rendering): string {
  try {
    renderText(rendering)
  } catch (error) {
    return (error as Error).message
  }
  return 'it was not refused'
}

describeWith([helm], 'the chart refuses', () => {
  it.each<[string, Values, string]>([
    [
      'two pods on the embedded database',
      { embedded: { replicas: 2 } },
      "'/embedded/replicas': value must be '0 or 1, since the embedded database has one process: " +
        "for more set database.mode to postgresql'",
    ],
    [
      'PostgreSQL without the Secret of its URL',
      { database: { mode: 'postgresql' } },
      "'/database/existingSecret': value must be 'the name of the Secret with the URL, since " +
        "database.mode is postgresql'",
    ],
    [
      'a database that is not used',
      { database: { existingSecret: 'd' } },
      "'/database/existingSecret': value must be 'empty, since database.mode is embedded: set it to postgresql'",
    ],
    [
      'another database',
      { database: { mode: 'mysql' } },
      "'/database/mode': value must be one of 'embedded', 'postgresql'",
    ],
    [
      'a tag and a digest',
      { image: { tag: '0.1.0', digest: DIGEST } },
      "'/image/tag': value must be 'empty, since image.digest is given'",
    ],
    [
      'a digest cut short',
      { image: { digest: 'sha256:0a' } },
      "'/image/digest': 'sha256:0a' does not match",
    ],
    [
      'an Ingress without a host',
      { ingress: { enabled: true } },
      "'/ingress/hosts': value must be 'a list of at least one host, since ingress.enabled is true'",
    ],
    [
      'a host without a name',
      { ingress: { enabled: true, hosts: [{ paths: [{ path: '/' }] }] } },
      "'/ingress/hosts/0': missing property 'host'",
    ],
    [
      'a host with a scheme',
      { ingress: { enabled: true, hosts: [{ host: 'https://ranges.example' }] } },
      "'/ingress/hosts/0/host': 'https://ranges.example' does not match",
    ],
    [
      'a budget that lets no node be drained',
      { podDisruptionBudget: { maxUnavailable: 0 } },
      "'/podDisruptionBudget/maxUnavailable': value must be 'at least 1 or 1%, or no node could be drained'",
    ],
    [
      'the same in per cent',
      { podDisruptionBudget: { maxUnavailable: '0%' } },
      "'/podDisruptionBudget/maxUnavailable': value must be 'at least 1 or 1%, or no node could be drained'",
    ],
    [
      'a claim that is not used',
      { persistence: { enabled: false, existingClaim: 'c' } },
      "'/persistence/existingClaim': value must be 'empty, since persistence.enabled is false'",
    ],
    [
      'a volume that nobody can write',
      { persistence: { accessModes: ['ReadOnlyMany'] } },
      "'/persistence/accessModes/0': value must be one of 'ReadWriteOnce'",
    ],
    [
      'two places of an authority',
      { extraCaCertificates: { configMap: 'a', secret: 'b' } },
      "'/extraCaCertificates/secret': value must be 'empty, since extraCaCertificates.configMap is given'",
    ],
    [
      'a traffic policy of an inner Service',
      { service: { externalTrafficPolicy: 'Local' } },
      "'/service/externalTrafficPolicy': value must be 'empty, since service.type is ClusterIP'",
    ],
    [
      'source ranges without a load balancer',
      { service: { type: 'NodePort', loadBalancerSourceRanges: ['10.0.0.0/8'] } },
      "'/service/loadBalancerSourceRanges': value must be 'empty, since service.type is not LoadBalancer'",
    ],
    [
      'a port of the nodes for an inner Service',
      { service: { nodePort: 30_080 } },
      "'/service/nodePort': value must be 'null, since service.type is ClusterIP'",
    ],
    [
      'a class of load balancer without one',
      { service: { loadBalancerClass: 'example/internal' } },
      "'/service/loadBalancerClass': value must be 'empty, since service.type is not LoadBalancer'",
    ],
    ...['startupProbe', 'livenessProbe'].map((probe): [string, Values, string] => [
      `a ${probe} that wants more than one success`,
      { [probe]: { successThreshold: 3 } },
      `'/${probe}/successThreshold': value must be '1, since only readiness may ask for more'`,
    ]),
    [
      'a port out of range',
      { service: { port: 70_000 } },
      "'/service/port': maximum: got 70,000, want 65,535",
    ],
    ['a value that there is not', { replicas: 2 }, "additional properties 'replicas' not allowed"],
    [
      'a misspelt value',
      { networkPolicy: { egress: { databse: {} } } },
      "'/networkPolicy/egress': additional properties 'databse' not allowed",
    ],
    [
      'a setting that there is not',
      { settings: { RANGEWARDEN_CLOUD: 'Public' } },
      "'/settings': additional properties 'RANGEWARDEN_CLOUD' not allowed",
    ],
    [
      'a setting that is no text',
      { settings: { RANGEWARDEN_RATE_LIMIT: 600 } },
      "'/settings/RANGEWARDEN_RATE_LIMIT': got number, want string",
    ],
    [
      'a peer that names nobody',
      { networkPolicy: { ingress: { from: [{}] } } },
      "'/networkPolicy/ingress/from/0': minProperties: got 0, want 1",
    ],
    ['a name too long', { fullnameOverride: 'x'.repeat(51) }, "'/fullnameOverride': 'xxx"],
    [
      'memory in words',
      { api: { resources: { limits: { memory: 'much' } } } },
      "'much' does not match",
    ],
    [
      'too little time to stop',
      { settings: { RANGEWARDEN_DRAIN_SECONDS: '60' } },
      'terminationGracePeriodSeconds is 45: it has to be at least 90, RANGEWARDEN_DRAIN_SECONDS (60) and 30',
    ],
    [
      'less than what is under way takes',
      { settings: { RANGEWARDEN_DRAIN_SECONDS: '0' }, terminationGracePeriodSeconds: 29 },
      "'/terminationGracePeriodSeconds': minimum: got 29, want 30",
    ],
    ...['RANGEWARDEN_DRAIN_SECONDS', 'RANGEWARDEN_PUBLISHER_URL', 'RANGEWARDEN_MIRROR_URL'].map(
      (name): [string, Values, string] => [
        `${name} where the chart does not look`,
        { extraEnv: [{ name, value: '60' }] },
        `extraEnv sets ${name}, by which the chart goes as well: give ${name} in settings`,
      ],
    ),
    [
      'hosts without a proxy where the chart does not look',
      { extraEnv: [{ name: 'no_proxy', value: 'hooks.example' }] },
      'extraEnv sets no_proxy, by which the chart goes as well: give NO_PROXY in settings',
    ],
    ...['HTTPS_PROXY', 'http_proxy'].map((name): [string, Values, string] => [
      `${name} from a Secret, to which the network policy would let nothing through`,
      { extraEnv: [{ name, valueFrom: { secretKeyRef: { name: 'the-proxy', key: 'url' } } }] },
      `extraEnv takes ${name} from where the chart does not see its port, and the network policy ` +
        'would let nothing through to it: give the port in networkPolicy.egress.proxy.ports',
    ]),
    [
      'a password in a ConfigMap',
      { settings: { HTTPS_PROXY: 'http://user:secret@proxy.example:3128' } },
      'settings.HTTPS_PROXY holds a password, which everybody who reads the ConfigMap would see: ' +
        'give it by extraEnv from a Secret',
    ],
    [
      'a variable of its own, given anew',
      { extraEnv: [{ name: 'DATABASE_URL', value: 'postgresql://u:p@h/d' }] },
      'extraEnv sets DATABASE_URL, which the chart sets itself',
    ],
    [
      'a volume of its own name',
      { extraVolumes: [{ name: 'tmp', emptyDir: {} }] },
      'extraVolumes has a volume "tmp": that is the name of one of the chart\'s own',
    ],
  ])('%s', (_, values, words) => {
    expect(refusal({ values })).toContain(words)
  })

  it('no proxy from a Secret where its port is given, or nothing is kept from it', () => {
    const valueFrom = { secretKeyRef: { name: 'the-proxy', key: 'url' } }
    const extraEnv = [{ name: 'HTTPS_PROXY', valueFrom }]
    for (const networkPolicy of [{ egress: { proxy: { ports: [3128] } } }, { enabled: false }]) {
      expect(renderText({ values: { extraEnv, networkPolicy } })).toContain('name: HTTPS_PROXY')
    }
  })

  it('a release whose Service would begin with a digit', () => {
    const release = '2nd'
    expect(refusal({ release })).toContain(
      'the name "2nd-rangewarden" begins with no letter, as a Service has to: set fullnameOverride',
    )
    expect(render({ release, values: { fullnameOverride: 'second' } }).length).toBeGreaterThan(0)
  })

  it('everything wrong at once, so that it is put right at once', () => {
    const values = {
      terminationGracePeriodSeconds: 40,
      settings: { RANGEWARDEN_DRAIN_SECONDS: '20', HTTP_PROXY: 'http://u:p@proxy.example' },
      extraEnv: [{ name: 'RANGEWARDEN_PORT', value: '9' }],
    }
    const words = refusal({ values })
    expect(words).toMatch(/at least 50[^]*settings\.HTTP_PROXY[^]*extraEnv sets RANGEWARDEN_PORT/)
    expect(words).not.toContain('u:p')
  })

  it('the same where nothing is rendered: by lint', () => {
    expect(() => lint({ embedded: { replicas: 3 } })).toThrow(/embedded\/replicas.*0 or 1/)
  })

  it('settings of its own, all of which it sets where there is reason to', () => {
    const given = { secrets: { existingSecret: 't' }, tls: { existingSecret: 'c' } }
    const text =
      renderText({ values: given }) + renderText({ values: { ...given, database: POSTGRESQL } })
    const twins = describeSettings().filter(({ fileTwin }) => fileTwin)
    for (const name of SETTINGS_OF_THE_CHART) {
      const variable = twins.some((twin) => twin.name === name) ? `${name}_FILE` : name
      expect(text).toContain(`- name: ${variable}\n`)
      for (const way of [name, variable]) {
        const values = { extraEnv: [{ name: way, value: 'x' }] }
        expect(refusal({ values })).toContain(`extraEnv sets ${way}, which the chart sets itself`)
      }
      expect(refusal({ values: { settings: { [name]: 'x' } } })).toContain(
        `'/settings': additional properties '${name}' not allowed`,
      )
    }
  })
})
