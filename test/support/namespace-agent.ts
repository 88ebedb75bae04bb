/**
 * Runs inside a network namespace: answers HTTP on the ports given as arguments, and asks a proxy
 * what it is told on standard input, one JSON line each; the answer is the status code, one line.
 */
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'

const Question = z.object({
  proxy: z.string(),
  from: z.string(),
  method: z.enum(['CONNECT', 'GET']),
  target: z.string(),
})

const ports = process.argv.slice(2).map(Number)
await Promise.all(
  ports.map((port) => {
    const server = createServer((_request, response) => void response.end('reached'))
    return new Promise<void>((resolve) => server.listen(port, '::', resolve))
  }),
)
console.log('ready')

for await (const line of createInterface({ input: process.stdin })) {
  console.log(await statusOf(Question.parse(JSON.parse(line))))
}

/** 0 where the proxy gave no status line. */
async function statusOf(question: z.infer<typeof Question>): Promise<number> {
  // Squid says that it accepts connections a moment before it listens.
  for (let tries = 0; tries < 200; tries++) {
    const status = await attempt(question)
    if (status !== 'refused') return status
    await setTimeout(10)
  }
  return 0
}

function attempt({
  proxy,
  from,
  method,
  target,
}: z.infer<typeof Question>): Promise<number | 'refused'> {
  const [host = '', port = ''] = proxy.split(':')
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host, port: Number(port), localAddress: from })
    socket.setTimeout(20_000, () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('refused')
      else socket.destroy()
    })
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0)))
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      if (answer.includes('\r\n')) socket.destroy()
    })
    const authority = method === 'CONNECT' ? target : new URL(target).host
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  })
}
