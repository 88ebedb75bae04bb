/** A DNS server on loopback that knows a few names (RFC 1035), also one that fails or is silent. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'

/** Addresses of both families, or the one name that it is an alias of. */
export type Zone = Readonly<
  Record<string, readonly string[] | { readonly alias: string } | 'fails' | 'silent'>
>

export interface DnsServer {
  /** `127.0.0.1:49152` */
  readonly address: string
  /** `A name`, in order. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 5: 'CNAME', 28: 'AAAA' }
const [NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME] = [0, 2, 3]

/** Names that are not in the zone do not exist. */
export async function startDnsServer(zone: Zone, port = 0): Promise<DnsServer> {
  const seen: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, end } = questionIn(query)
    seen.push(`${type} ${name}`)
    if (zone[name] === 'silent') return
    socket.send(answerTo(query.subarray(0, end), zone, { name, type }), from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    seen,
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

interface Question {
  readonly name: string
  readonly type: string
}

function questionIn(query: Buffer): Question & { readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = TYPES[query.readUInt16BE(at + 1)] ?? '?'
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 }
}

function answerTo(question: Buffer, zone: Zone, { name, type }: Question): Buffer {
  const records = recordsOf(zone, name, type)
  const code = zone[name] === 'fails' ? SERVER_FAILURE : name in zone ? NO_ERROR : NO_SUCH_NAME
  const answer = Buffer.concat([question, ...records])
  answer.writeUInt16BE(0x8180 | code, 2) // an answer, recursive
  answer.writeUInt16BE(records.length, 6)
  answer.writeUInt32BE(0, 8)
  return answer
}

/** The aliases on the way and the addresses at its end, as a resolver gives them. */
function recordsOf(zone: Zone, name: string, type: string): Buffer[] {
  const entry = zone[name]
  if (entry === undefined || typeof entry === 'string') return []
  if ('alias' in entry) {
    const alias = record(name, 5, nameBytes(entry.alias))
    return type === 'CNAME' ? [alias] : [alias, ...recordsOf(zone, entry.alias, type)]
  }
  const wanted = entry.filter((address) => type === (isIPv4(address) ? 'A' : 'AAAA'))
  return wanted.map((address) => record(name, type === 'A' ? 1 : 28, addressBytes(address)))
}

function record(name: string, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(60, 4)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([nameBytes(name), head, data])
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => {
    return Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])
  })
  return Buffer.concat([...labels, Buffer.from([0])])
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const [before, after] = [head, tail].map((side) =>
    side.split(':').filter((group) => group !== ''),
  )
  const zeros = Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0')
  const groups = [...(before ?? []), ...zeros, ...(after ?? [])]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
