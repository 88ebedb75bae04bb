/** A real nft in a network namespace of the test's own. */
import { spawnSync } from 'node:child_process'
import { z } from 'zod'
import type { NetworkNamespace } from './network-namespace.ts'
import { runInside, type Ran } from './run-inside.ts'

export function load(inside: NetworkNamespace, text: string): Promise<Ran> {
  return runInside(inside, 'nft', ['-f', '-'], text)
}

/** What `nft -c` makes of a file in a namespace that is gone afterwards; it says nothing of a good one. */
export function checkFile(text: string): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('unshare', ['-n', 'nft', '-c', '-f', '-'], {
    input: text,
    encoding: 'utf8',
  })
  return { code: status, said: stdout + stderr }
}

const Prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) })

const Listed = z.object({
  nftables: z.array(
    z
      .object({ set: z.object({ elem: z.array(z.union([z.string(), Prefix])).optional() }) })
      .or(z.object({ metainfo: z.unknown() })),
  ),
})

/** The networks of a set, read from `nft -j list set`. A range that is no prefix fails. */
function parseListed(json: string): string[] {
  const { nftables } = Listed.parse(JSON.parse(json))
  return nftables.flatMap((one) => {
    if (!('set' in one)) return []
    return (one.set.elem ?? []).map((element) => {
      if (typeof element !== 'string') return `${element.prefix.addr}/${element.prefix.len}`
      return `${element}/${element.includes(':') ? 128 : 32}`
    })
  })
}

export async function listSet(inside: NetworkNamespace, set: string): Promise<string[]> {
  const { code, stdout, stderr } = await runInside(inside, 'nft', [
    ...['-j', 'list', 'set', 'inet', 'rangewarden', set],
  ])
  if (code !== 0) throw new Error(stderr)
  return parseListed(stdout)
}
