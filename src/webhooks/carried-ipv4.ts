/**
 * IPv4 addresses inside IPv6 ones. A tunnel, a translator or the host's own stack takes them out and
 * goes there, so whoever judges an IPv6 address judges them too.
 *
 * ```
 * bits   0               32               64               96
 *        0000:0000        0000:0000        0000:ffff        IPv4        mapped, RFC 4291
 *        0000:0000        0000:0000        ffff:0000        IPv4        translated, RFC 2765
 *        0000:0000        0000:0000        0000:0000        IPv4        compatible, RFC 4291
 *        0064:ff9b        0000:0000        0000:0000        IPv4        NAT64, RFC 6052
 *        0064:ff9b        0001:....        where the prefix ends        NAT64, RFC 8215
 *        2002:IPv         4...:                                         6to4, RFC 3056
 *        2001:0000        IPv4 (server)    ....:....        not IPv4    Teredo, RFC 4380
 *        ....:....        ....:....        0.00:5efe        IPv4        ISATAP, RFC 5214
 * ```
 */

/** The first three words of an IPv4-mapped address. */
export const MAPPED: readonly number[] = [0, 0, 0xffff]
const TRANSLATED: readonly number[] = [0, 0, 0xffff0000]
const COMPATIBLE: readonly number[] = [0, 0, 0]
const NAT64: readonly number[] = [0x0064ff9b, 0, 0]

/** To the host's stack a mapped address is the IPv4 address, and nothing else. */
export function isMapped(words: readonly number[]): boolean {
  return startsWith(words, MAPPED)
}

/** As words, each once or more often; `words` are the four of an IPv6 address. */
export function carriedIPv4(words: readonly number[]): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = words
  const carried: number[] = []
  if (startsWith(words, MAPPED) || startsWith(words, TRANSLATED) || startsWith(words, NAT64)) {
    carried.push(d)
  }
  // `::` and `::1` carry nothing.
  if (startsWith(words, COMPATIBLE) && d > 1) carried.push(d)
  if (a === 0x0064ff9b && b >>> 16 === 1) carried.push(...localNat64(b, c, d))
  if (a >>> 16 === 0x2002) carried.push(joined(a & 0xffff, b >>> 16))
  if (a === 0x20010000) carried.push(b, ~d >>> 0)
  // The two lowest bits of the first octet say whether it is unique and whether it is a group.
  if ((c & 0xfcffffff) === 0x00005efe) carried.push(d)
  return carried
}

/**
 * A network chooses how long its prefix within 64:ff9b:1::/48 is, and that says where the address
 * lies (RFC 6052 section 2.2; bits 64 to 71 are left out). All four places are read. What reads as
 * 0.0.0.0/8, to which nothing is sent, is padding of another; if all do, that is what there is.
 */
function localNat64(b: number, c: number, d: number): readonly number[] {
  const readings = [
    joined(b & 0xffff, (c >>> 8) & 0xffff), // a prefix of 48 bits
    (((b & 0xff) << 24) | (c & 0xffffff)) >>> 0, // 56
    (((c & 0xffffff) << 8) | (d >>> 24)) >>> 0, // 64
    d, // 96
  ]
  const sendable = readings.filter((reading) => reading >>> 24 !== 0)
  return sendable.length > 0 ? sendable : readings
}

function joined(high: number, low: number): number {
  return ((high << 16) | low) >>> 0
}

function startsWith(words: readonly number[], start: readonly number[]): boolean {
  return start.every((word, i) => words[i] === word)
}
