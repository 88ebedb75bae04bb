/** A real ipset in a network namespace of the test's own. */
import type { NetworkNamespace } from './network-namespace.ts'
import { runInside, type Ran } from './run-inside.ts'

export function restore(inside: NetworkNamespace, text: string): Promise<Ran> {
  return runInside(inside, 'ipset', ['restore'], text)
}

/** A load that is under way, and gets its file in pieces. */
export interface Load {
  write(text: string): void
  /** Gives the rest of the file and waits for the end, which is its code. */
  end(text: string): Promise<number | null>
  /** Ends every process of it at once. */
  kill(): Promise<void>
}

/** Starts a line of the shell that reads the file at FILE. */
export function startLoad(inside: NetworkNamespace, line: string): Load {
  // By a pipe of the shell: what Node gives is a socket, which has no name that can be opened.
  const piped = `cat | ${line.replace('FILE', '/dev/stdin')}`
  const child = inside.spawn('setsid', ['sh', '-c', piped])
  child.stdin.on('error', () => undefined)
  child.stderr.resume()
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    write: (text) => void child.stdin.write(text),
    end(text) {
      child.stdin.end(text)
      return ended
    },
    async kill() {
      // Its own session: the program is the leader of a group that has nothing else in it.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
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

/** True as soon as a set of that name holds the address; false if it has not for a second and more. */
export async function comesToHave(
  inside: NetworkNamespace,
  set: string,
  address: string,
): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    const { code } = await runInside(inside, 'ipset', ['test', set, address])
    if (code === 0) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
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
