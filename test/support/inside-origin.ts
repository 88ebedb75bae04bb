/**
 * Runs inside a network namespace as every host there is: TLS on 443, plain HTTP on 80, which
 * refuses `/` as certificate hosts may, and a DNS server that knows no name; and TCP on the ports
 * given. Arguments: key and certificate (files, or empty for the ports alone), ports.
 */
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { startDnsServer } from './dns-server.ts'

const [key = '', cert = '', ...ports] = process.argv.slice(2)

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '::', resolve)
  })
}

const quiet = (socket: Socket): void => void socket.on('error', () => undefined)

if (key !== '') {
  const http = createHttpServer((request, response) => {
    response.writeHead(request.url === '/' ? 403 : 200, { server: 'an-origin' }).end()
  })
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, quiet)
  tls.on('tlsClientError', () => undefined)
  await Promise.all([listen(http, 80), listen(tls, 443), startDnsServer({}, 53)])
}
await Promise.all(ports.map((port) => listen(createServer(quiet), Number(port))))
console.log('ready')
