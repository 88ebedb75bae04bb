/**
 * Runs inside a network namespace: opens a tunnel through a proxy and prints the status; then, for
 * each line of standard input, asks for `/` through it and prints that status. Ends when the tunnel
 * does. Arguments: the proxy's host and port, the client's own address, `host:port` to go to.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const [host = '', port = '', from = '', target = ''] = process.argv.slice(2)
const ask = (method: string, what: string): void => {
  socket.write(`${method} ${what} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
}
const socket = connect({ host, port: Number(port), localAddress: from }, () => {
  ask('CONNECT', target)
})
socket.setEncoding('latin1')
socket.on('error', () => undefined)
socket.on('close', () => process.exit())
socket.on('data', (text: string) => {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
  if (status !== undefined) console.log(status)
})
for await (const _ of createInterface({ input: process.stdin })) ask('GET', '/')
