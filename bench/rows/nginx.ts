/**
 * How fast a list is handed out with all that a site switches on (access log, metrics, read token,
 * rate limit), against nginx, which serves the same bytes from disk.
 */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { BenchRow, Measurement } from '../contract.ts'
import { IPV4_LIST_PATH } from '../http-child.ts'
import {
  CREDENTIALS,
  endWith,
  onClientsCore,
  onServersCore,
  rateOf,
  readList,
  startServer,
  type Command,
  type Running,
} from '../http-servers.ts'
import { median, quartiles } from '../measure.ts'
import { KIND_OF_FILE } from '../weeks.ts'

const ROUNDS = 7
const SECONDS = 2
const CONNECTIONS = 32

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')

const NGINX = has('nginx', '-v') ? 'nginx' : '/usr/sbin/nginx'

/** A client slower than the servers would measure itself: autocannon is, where there is no wrk. */
const CLIENT = has('wrk', '-v') ? 'wrk' : 'autocannon'

const what =
  `of GET ${IPV4_LIST_PATH} (${KIND_OF_FILE} Public week, identity), with access log, metrics, read token ` +
  `and rate limit, against nginx with one worker and access log, serving a file (${CLIENT})`

export const nginxWhole: BenchRow = {
  name: `200s ${what}`,
  unit: 'requests/s',
  target: { of: 'ratio', atLeast: 0.7 },
  measure: () => compare(200),
}

export const nginxNotModified: BenchRow = {
  name: `304s ${what}`,
  unit: 'requests/s',
  target: { of: 'ratio', atLeast: 0.4 },
  measure: () => compare(304),
}

/** Both servers run all the time, the load takes turns. */
async function compare(status: 200 | 304): Promise<Measurement> {
  if (!has(NGINX, '-v')) return { absent: 'nginx is not installed' }
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
  const running: Running[] = []
  try {
    const ours = await startServer('ours', folder, onServersCore)
    running.push(ours)
    const { body } = await readList(ours.url, IPV4_LIST_PATH)
    const nginx = await startNginx(folder, body)
    running.push(nginx)
    const served = await readList(nginx.url, IPV4_LIST_PATH)
    if (!served.body.equals(body)) throw new Error('nginx serves other bytes than ours')
    const rates: Record<'ours' | 'nginx', number[]> = { ours: [], nginx: [] }
    const headers = {
      ours: await headersFor(ours.url, status),
      nginx: await headersFor(nginx.url, status),
    }
    for (let round = -1; round < ROUNDS; round++) {
      const own = await load(ours.url + IPV4_LIST_PATH, headers.ours, status)
      const reference = await load(nginx.url + IPV4_LIST_PATH, headers.nginx, status)
      if (round < 0) continue
      rates.ours.push(own)
      rates.nginx.push(reference)
    }
    return {
      ours: median(rates.ours),
      reference: median(rates.nginx),
      quartiles: { ours: quartiles(rates.ours), reference: quartiles(rates.nginx) },
    }
  } finally {
    for (const { stop } of running) await stop()
    rmSync(folder, { recursive: true })
  }
}

/** The condition is each server's own; that it answers with the right status is looked at once. */
async function headersFor(url: string, status: 200 | 304): Promise<Record<string, string>> {
  const { headers: served } = await readList(url, IPV4_LIST_PATH)
  const condition = status === 304 ? { 'if-none-match': served.etag } : undefined
  const headers = { ...CREDENTIALS, ...condition }
  const response = await fetch(url + IPV4_LIST_PATH, {
    headers: { ...headers, 'accept-encoding': 'identity' },
  })
  await response.arrayBuffer()
  if (response.status === status) return headers
  throw new Error(`${url} answered ${response.status}, ${status} was wanted`)
}

/** A port that was free a moment ago: nginx does not tell which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startNginx(folder: string, body: Buffer): Promise<Running> {
  const root = join(folder, 'www')
  mkdirSync(join(root, dirname(IPV4_LIST_PATH)), { recursive: true })
  writeFileSync(join(root, IPV4_LIST_PATH), body)
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, root, port))
  const { program, options } = onServersCore({
    program: NGINX,
    options: ['-p', folder, '-c', file, '-e', join(folder, 'nginx-error.log')],
  })
  const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = endWith(child)
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    try {
      await fetch(url)
      return { url, stop }
    } catch {
      await sleep(50)
    }
  }
  await stop()
  throw new Error('nginx did not listen')
}

/**
 * What it is run with in earnest: files by sendfile, a log that is gathered before it is written,
 * as ours is; and connections that are not ended after a thousand requests.
 */
function configuration(folder: string, root: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  return [
    'daemon off;',
    'worker_processes 1;',
    // Run by root, it would otherwise take a user who may not read the folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `pid ${join(folder, 'nginx.pid')};`,
    'events { worker_connections 512; }',
    'http {',
    'types { text/plain txt; }',
    'sendfile on;',
    'tcp_nopush on;',
    'keepalive_requests 1000000000;',
    `access_log ${join(folder, 'nginx-access.log')} combined buffer=16k flush=1s;`,
    ...temporary,
    `server { listen 127.0.0.1:${port}; root ${root}; }`,
    '}',
  ].join('\n')
}

function load(
  url: string,
  headers: Readonly<Record<string, string>>,
  status: 200 | 304,
): Promise<number> {
  return CLIENT === 'wrk' ? loadByWrk(url, headers) : loadByAutocannon(url, headers, status)
}

/** Requests per second; a broken connection or an answer that is neither 2xx nor 3xx is a failure. */
async function loadByWrk(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const text = await output(
    onClientsCore({
      program: 'wrk',
      options: ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}`, ...given, url],
    }),
  )
  const rate = /^Requests\/sec: +([\d.]+)$/m.exec(text)?.[1]
  if (rate === undefined || /Socket errors|Non-2xx/.test(text)) throw new Error(text)
  return Number(rate)
}

async function loadByAutocannon(
  url: string,
  headers: Readonly<Record<string, string>>,
  status: number,
): Promise<number> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const how = ['--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(SECONDS)]
  const text = await output(
    onClientsCore({ program: process.execPath, options: [AUTOCANNON, ...how, ...given, url] }),
  )
  return rateOf(text, url, status)
}

async function output({ program, options }: Command): Promise<string> {
  const { stdout } = await promisify(execFile)(program, options)
  return stdout
}

function has(program: string, option: string): boolean {
  return spawnSync(program, [option], { stdio: 'ignore' }).error === undefined
}
