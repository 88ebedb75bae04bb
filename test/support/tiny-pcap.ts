/** Captures of a few TCP packets over IPv4, made by hand: what Wireshark's filters are tried on. */

export const SYN = 0x02
export const RESET = 0x14
export const DATA = 0x18

export interface Packet {
  readonly from: readonly [address: string, port: number]
  readonly to: readonly [address: string, port: number]
  readonly flags: number
  readonly sequence: number
  readonly text?: string
}

/** A pcap file (classic, microseconds, Ethernet), one packet a second. */
export function pcap(packets: readonly Packet[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20)
  return Buffer.concat([header, ...packets.map(record)])
}

function record(packet: Packet, second: number): Buffer {
  const frame = Buffer.concat([ethernet(), ipv4(packet)])
  const header = Buffer.alloc(16)
  header.writeUInt32LE(1_700_000_000 + second, 0)
  header.writeUInt32LE(frame.length, 8)
  header.writeUInt32LE(frame.length, 12)
  return Buffer.concat([header, frame])
}

function ethernet(): Buffer {
  return Buffer.from('02000000000102000000000208' + '00', 'hex')
}

function ipv4(packet: Packet): Buffer {
  const segment = tcp(packet)
  const header = Buffer.alloc(20)
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(header.length + segment.length, 2)
  header.writeUInt8(64, 8)
  header.writeUInt8(6, 9)
  addressOf(packet.from[0]).copy(header, 12)
  addressOf(packet.to[0]).copy(header, 16)
  return Buffer.concat([header, segment])
}

function tcp({ from, to, flags, sequence, text = '' }: Packet): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(from[1], 0)
  header.writeUInt16BE(to[1], 2)
  header.writeUInt32BE(sequence, 4)
  header.writeUInt8(5 << 4, 12)
  header.writeUInt8(flags, 13)
  header.writeUInt16BE(65_535, 14)
  return Buffer.concat([header, Buffer.from(text, 'latin1')])
}

function addressOf(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number))
}
