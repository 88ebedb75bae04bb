/** NetworkPolicy: the schema of Kubernetes, and no member that we did not mean. */
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { networkpolicy } from '../../exporters/networkpolicy.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { exampleOf, METADATA, NO_OBJECT_NAMES, readManifest } from '../support/kubernetes.ts'
import { networksOf } from '../support/plain-list.ts'

interface Policy {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> }
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Record<string, string> }
    readonly egress: readonly [{ readonly to: readonly { readonly ipBlock: { cidr: string } }[] }]
  }
}

function read(file: ExportFile): { comments: readonly string[]; policy: Policy } {
  const { comments, object } = readManifest(file)
  const policy = object as Policy
  new NetworkPolicy(policy as unknown as ConstructorParameters<typeof NetworkPolicy>[0]).validate()
  expect(object).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: METADATA,
    spec: {
      podSelector: { matchLabels: policy.metadata.labels },
      policyTypes: ['Egress'],
      egress: [
        {
          ports: [
            { protocol: 'TCP', port: 443 },
            { protocol: 'TCP', port: 80 },
          ],
          to: policy.spec.egress[0].to.map(({ ipBlock }) => ({ ipBlock: { cidr: ipBlock.cidr } })),
        },
      ],
    },
  })
  return { comments, policy }
}

formatLaws({
  exporter: networkpolicy,
  read: (file) => {
    const [{ to }] = read(file).policy.spec.egress
    return { addresses: networksOf(to.map(({ ipBlock }) => ipBlock.cidr)) }
  },
  words: (file) => read(file).comments.join(' '),
})

describe('the policy', () => {
  const held = prefixes('20.0.0.0/24', '2603:1030::/32', '::/64')

  it('has the name of the list, and only pods with its label', () => {
    const { policy } = read(renderText(networkpolicy, exportInput({ name: 'a.b', prefixes: held })))
    expect(policy.metadata.name).toBe('rangewarden-a.b')
    expect(policy.spec.podSelector.matchLabels).toEqual({ 'rangewarden/allowlist': 'a.b' })
  })

  it('says that pods with the label may do nothing else', () => {
    const { comments } = read(renderText(networkpolicy, exportInput({ prefixes: held })))
    expect(comments.join(' ')).toContain('no other connection, not even to the DNS of the cluster')
  })

  it('has a companion in the guide that selects the same pods', () => {
    const companion = exampleOf(networkpolicy.guide)
    new NetworkPolicy(companion as ConstructorParameters<typeof NetworkPolicy>[0]).validate()
    expect(companion).toMatchObject({
      spec: {
        podSelector: { matchExpressions: [{ key: 'rangewarden/allowlist', operator: 'Exists' }] },
      },
    })
  })

  it.each(NO_OBJECT_NAMES)('is refused for the list %s, which no object is named after', (name) => {
    const render = (): string => renderText(networkpolicy, exportInput({ name, prefixes: held }))
    expect(render).toThrow(ExportRefused)
    expect(render).toThrow(`"${name}"`)
  })

  it('is refused over the size that etcd takes, with what would fit', () => {
    const texts = Array.from({ length: 40_000 }, (_, i) => `20.${i >> 8}.${i & 255}.0/25`)
    const parsed = RangeSet.parse(texts)
    if (!parsed.ok) throw new Error(parsed.reason)
    const input = exportInput({ prefixes: parsed.value.prefixes() })
    expect(() => renderExport(networkpolicy, input)).toThrow(
      /takes 1\d{6} bytes, networkpolicy holds 1500000 \(etcd refuses.*What would fit: a budget of \d+ networks, [^;]*$/,
    )
  })
})
