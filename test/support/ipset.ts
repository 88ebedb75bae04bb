/** A real ipset in a network namespace of the test's own. */
import type { NetworkNamespace } from './network-namespace.ts'
import { runInside, type Ran } from './run-inside.ts'

export function restore(inside: NetworkNamespace, text: string): Promise<Ran> {
  return runInside(inside, 'ipset', ['restore'], text)
}

/** True if the set of that name has the address. */
export async function has(
  inside: NetworkNamespace,
  set: string,
  address: string,
): Promise<boolean> {
  const { code, stderr } = await runInside(inside, 'ipset', ['test', set, address])
  if (code === 0) return true
  if (stderr.includes('is NOT in set')) return false
  throw new Error(stderr)
}

/** Every set there is, with its networks, read from `ipset save`. */
export async function saved(inside: NetworkNamespace): Promise<Record<string, string[]>> {
  const { stdout } = await runInside(inside, 'ipset', ['save'])
  const sets: Record<string, string[]> = {}
  for (const line of stdout.split('\n')) {
    const [word, set = '', network = ''] = line.split(' ')
    if (word === 'create') sets[set] = []
    if (word === 'add') sets[set]?.push(withLength(network))
  }
  return sets
}

/** A single address is shown without its length. */
function withLength(network: string): string {
  return network.includes('/') ? network : `${network}/${network.includes(':') ? 128 : 32}`
}
