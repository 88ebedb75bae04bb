/**
 * Three network namespaces: a client and a server that reach each other through a router, and
 * nothing else. What a packet filter of the router forwards is seen from the client.
 */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { NetworkNamespace } from './network-namespace.ts'
import { answerTo } from './run-inside.ts'

const AGENT = new URL('./namespace-agent.ts', import.meta.url).pathname

type Inside = Pick<NetworkNamespace, 'spawn'>

export interface RoutedNetworks {
  readonly client: Inside
  readonly router: Inside
  close(): Promise<void>
}

interface Side {
  /** The router's own address on this side comes first. */
  readonly networks: readonly { readonly router: string; readonly length: number }[]
  readonly hosts: readonly string[]
}

let made = 0

/** The server answers HTTP on the ports, on each of its addresses. */
export async function routedNetworks(
  sides: { readonly client: Side; readonly server: Side },
  ports: readonly number[],
): Promise<RoutedNetworks> {
  const prefix = `rw-${process.pid}-r${made++}`
  const names = { client: `${prefix}c`, router: `${prefix}r`, server: `${prefix}s` }
  const started: ChildProcessWithoutNullStreams[] = []
  const inside = (name: string): Inside => ({
    spawn(command, args) {
      const child = spawn('ip', ['netns', 'exec', name, command, ...args])
      started.push(child)
      return child
    },
  })
  const close = async (): Promise<void> => {
    for (const child of started) await end(child)
    for (const name of Object.values(names)) execFileSync('ip', ['netns', 'del', name])
  }
  for (const name of Object.values(names)) execFileSync('ip', ['netns', 'add', name])
  try {
    for (const name of Object.values(names)) setUp(name)
    join(names.router, names.client, 'toclient', sides.client)
    join(names.router, names.server, 'toserver', sides.server)
    const agent = inside(names.server).spawn(process.execPath, [AGENT, ...ports.map(String)])
    await once(agent.stdout, 'data')
    for (const to of sides.server.hosts) await untilReached(inside(names.client), to, ports[0] ?? 0)
  } catch (error) {
    await close()
    throw error
  }
  return { client: inside(names.client), router: inside(names.router), close }
}

/** A new link takes a moment until neighbours are found on it. Waits at most ten seconds. */
async function untilReached(client: Inside, to: string, port: number): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    if ((await answerTo(client, 'up0', to, port)) === 200) return
  }
  throw new Error(`${to} is not reached through the router`)
}

/** Forwards; and no second of waiting until an IPv6 address of a new link may be used. */
function setUp(name: string): void {
  const settings = [
    ...['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'],
    ...['net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0'],
  ]
  execFileSync('ip', ['netns', 'exec', name, 'sysctl', '-qw', ...settings])
}

/** A cable between the router and a host, with routes to whatever the router knows. */
function join(router: string, host: string, device: string, { networks, hosts }: Side): void {
  const ip = (name: string, ...args: readonly string[]): void => {
    execFileSync('ip', ['-n', name, ...args])
  }
  const address = (name: string, on: string, text: string): void => {
    ip(name, 'addr', 'add', text, 'dev', on, ...(text.includes(':') ? ['nodad'] : []))
  }
  ip(router, 'link', 'add', 'name', device, 'type', 'veth', 'peer', 'name', 'up0', 'netns', host)
  for (const { router: own, length } of networks) address(router, device, `${own}/${length}`)
  for (const one of hosts) {
    const network = networks.find(({ router: own }) => own.includes(':') === one.includes(':'))
    address(host, 'up0', `${one}/${network?.length ?? 0}`)
  }
  ip(host, 'link', 'set', 'up0', 'up')
  ip(router, 'link', 'set', device, 'up')
  for (const { router: own } of networks) ip(host, 'route', 'add', 'default', 'via', own)
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(late)
}
