/**
 * A network of the test's own: one loopback device that holds every address the test speaks to and
 * no other device, so that a proxy in it can be asked for public addresses and nothing can leave.
 */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'

const AGENT = new URL('./namespace-agent.ts', import.meta.url).pathname

export interface Question {
  /** The client's own address. */
  readonly from: string
  readonly method: 'CONNECT' | 'GET'
  readonly target: string
}

export interface NetworkNamespace {
  /** Starts a program inside. */
  spawn(command: string, args: readonly string[]): ChildProcessWithoutNullStreams
  /** Asks the proxy at `host:port` and returns its status code. */
  ask(proxy: string, question: Question): Promise<number>
  close(): Promise<void>
}

let made = 0

/** `ports` are answered on every address by a server inside. Ends all it started on close. */
export async function networkNamespace(
  addresses: readonly string[],
  ports: readonly number[],
): Promise<NetworkNamespace> {
  const name = `rw-${process.pid}-${made++}`
  execFileSync('ip', ['netns', 'add', name])
  try {
    addAddresses(name, addresses)
    return await inhabit(name, ports)
  } catch (error) {
    execFileSync('ip', ['netns', 'del', name])
    throw error
  }
}

function addAddresses(name: string, addresses: readonly string[]): void {
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
  for (const address of new Set(addresses)) {
    const length = address.includes(':') ? [`${address}/128`, 'nodad'] : [`${address}/32`]
    execFileSync('ip', ['-n', name, 'addr', 'add', ...length, 'dev', 'lo'])
  }
}

async function inhabit(name: string, ports: readonly number[]): Promise<NetworkNamespace> {
  const started: ChildProcessWithoutNullStreams[] = []
  const start = (command: string, args: readonly string[]): ChildProcessWithoutNullStreams => {
    const child = spawn('ip', ['netns', 'exec', name, command, ...args])
    started.push(child)
    return child
  }
  const agent = start(process.execPath, [AGENT, ...ports.map(String)])
  const lines = createInterface({ input: agent.stdout })
  await nextLine(lines)
  return {
    spawn: start,
    async ask(proxy, question) {
      const answer = nextLine(lines)
      agent.stdin.write(`${JSON.stringify({ proxy, ...question })}\n`)
      return Number(await answer)
    },
    async close() {
      await Promise.all(started.map(end))
      execFileSync('ip', ['netns', 'del', name])
    },
  }
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the program in the namespace ended'))
    lines.once('close', ended)
    lines.once('line', (line) => {
      lines.off('close', ended)
      resolve(line)
    })
  })
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(late)
}
