/** Policies as people choose them, and what must be true of all of them. */
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { parseGuardPolicies, policies, type StepLimits } from '../../src/core/guard-policy.ts'

/** Cloud and policy name of every cloud. */
function chosen(text: string): Record<string, string> {
  const parsed = parseGuardPolicies(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return Object.fromEntries([...parsed.value].map(([cloud, { name }]) => [cloud, name]))
}

const all = (name: string): Record<string, string> =>
  Object.fromEntries(CLOUDS.map((cloud) => [cloud, name]))

describe('parseGuardPolicies', () => {
  it.each([
    ['', all('cautious')],
    ['cautious', all('cautious')],
    [' permissive ', all('permissive')],
    ['China=permissive', { ...all('cautious'), China: 'permissive' }],
    ['cautious, China=permissive', { ...all('cautious'), China: 'permissive' }],
    ['China = cautious,permissive,', { ...all('permissive'), China: 'cautious' }],
  ])('reads "%s"', (text, expected) => expect(chosen(text)).toEqual(expected))

  it('gives the policies themselves', () => {
    const parsed = parseGuardPolicies('AzureGovernment=permissive')
    expect(parsed.ok && parsed.value.get('AzureGovernment')).toBe(policies.permissive)
    expect(parsed.ok && parsed.value.get('Public')).toBe(policies.cautious)
  })

  it.each([
    [
      'careful',
      '"careful" is written POLICY or CLOUD=POLICY; a policy is one of cautious, permissive',
    ],
    ['Permissive', 'cautious, permissive (did you mean permissive?)'],
    ['toString', 'a policy is one of cautious'],
    ['China=permisive', '(did you mean permissive?)'],
    [
      'china=permissive',
      '"china" is none of Public, AzureGovernment, China, AzureGermany (did you mean China?)',
    ],
    ['China=', '"China=" is written POLICY'],
    ['China=permissive=1', 'is written POLICY or CLOUD=POLICY'],
    ['China=permissive, China=cautious', 'China is given twice'],
    ['permissive, cautious', 'the policy of all clouds is given twice'],
  ])('refuses "%s"', (text, reason) => {
    const parsed = parseGuardPolicies(text)
    expect(parsed.ok ? '' : parsed.reason).toContain(reason)
  })
})

describe('the policies', () => {
  const limits = ({ gain, loss, greatestLoss }: StepLimits): number[] => [
    ...[gain[4], gain[6], loss[4], loss[6]],
    greatestLoss,
  ]

  it('are called what they are called', () => {
    expect(Object.entries(policies).map(([key, { name }]) => [key, name])).toEqual([
      ['cautious', 'cautious'],
      ['permissive', 'permissive'],
    ])
  })

  it('let permissive be wider in every limit, and not in what is refused or in widths', () => {
    const { cautious, permissive } = policies
    for (const part of ['cloud', 'tag'] as const) {
      const [narrow, wide] = [limits(cautious[part]), limits(permissive[part])]
      narrow.forEach((limit, i) => expect(wide[i]).toBeGreaterThan(limit))
    }
    expect(permissive.tagsVanished).toBeGreaterThan(cautious.tagsVanished)
    expect(permissive.refusedLength).toEqual(cautious.refusedLength)
    expect(permissive.heldLength).toEqual(cautious.heldLength)
  })

  it('let no tag vanish without a person, however long the step', () => {
    for (const { cloud, tag } of Object.values(policies)) {
      for (const { loss, greatestLoss } of [cloud, tag]) {
        expect(greatestLoss).toBeLessThan(100)
        expect(Math.max(loss[4], loss[6])).toBeLessThanOrEqual(greatestLoss)
      }
    }
  })
})
