/** CiliumCIDRGroup: the schema of Cilium in both versions, and no member that we did not mean. */
import { CiliumCIDRGroup, CiliumNetworkPolicy } from '@kubernetes-models/cilium/cilium.io/v2'
import { CiliumCIDRGroup as AlphaGroup } from '@kubernetes-models/cilium/cilium.io/v2alpha1'
import { describe, expect, it } from 'vitest'
import { ciliumCidrgroup } from '../../exporters/cilium-cidrgroup.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { exampleOf, METADATA, NO_OBJECT_NAMES, readManifest } from '../support/kubernetes.ts'
import { networksOf } from '../support/plain-list.ts'

interface Group {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly externalCIDRs: string[] }
}

function read(file: ExportFile): { comments: readonly string[]; group: Group } {
  const { comments, object } = readManifest(file)
  const group = object as Group
  new CiliumCIDRGroup(group).validate()
  expect(object).toEqual({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumCIDRGroup',
    metadata: METADATA,
    spec: { externalCIDRs: group.spec.externalCIDRs },
  })
  return { comments, group }
}

formatLaws({
  exporter: ciliumCidrgroup,
  read: (file) => ({ addresses: networksOf(read(file).group.spec.externalCIDRs) }),
  words: (file) => read(file).comments.join(' '),
})

describe('the group', () => {
  const held = prefixes('20.0.0.0/24', '2603:1030::/32', '::/64')

  it('is named after the list, as policies refer to it', () => {
    const { group } = read(
      renderText(ciliumCidrgroup, exportInput({ name: 'a.b', prefixes: held })),
    )
    expect(group.metadata.name).toBe('rangewarden-a.b')
  })

  it('is one of v2alpha1 with another apiVersion', () => {
    const { group } = read(renderText(ciliumCidrgroup, exportInput({ prefixes: held })))
    const { metadata, spec } = group
    new AlphaGroup({ metadata, spec }).validate()
  })

  it.each(NO_OBJECT_NAMES)('is refused for the list %s, which no object is named after', (name) => {
    const render = (): string => renderText(ciliumCidrgroup, exportInput({ name, prefixes: held }))
    expect(render).toThrow(ExportRefused)
  })

  it('is referred to by the policy of the guide', () => {
    const policy = exampleOf(ciliumCidrgroup.guide) as { spec: { egress: unknown[] } }
    new CiliumNetworkPolicy(
      policy as ConstructorParameters<typeof CiliumNetworkPolicy>[0],
    ).validate()
    const { group } = read(
      renderText(ciliumCidrgroup, exportInput({ name: 'app-proxy-ip', prefixes: held })),
    )
    expect(policy.spec.egress[0]).toMatchObject({
      toCIDRSet: [{ cidrGroupRef: group.metadata.name }],
    })
  })
})
