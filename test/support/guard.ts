/** How tests judge files: the cautious policy, and no list that names a tag unless they say so. */
import { policies, type GuardPolicy } from '../../src/core/guard-policy.ts'
import type { GuardDeps } from '../../src/sync/judge-candidate.ts'

export function guardDeps(
  policy: GuardPolicy = policies.cautious,
  namedTags: readonly string[] = [],
): GuardDeps {
  return { policyOf: () => policy, namedTags: () => Promise.resolve(namedTags) }
}
