/** Strict reading of a tar archive: plain files and folders of root, no times, zero blocks at its end. */

const BLOCK = 512

/** Contents by name; a folder's is undefined. */
export function readUstar(archive: Uint8Array): Map<string, string | undefined> {
  const files = new Map<string, string | undefined>()
  let at = 0
  while (archive.subarray(at, at + BLOCK).some((byte) => byte !== 0)) {
    const header = archive.subarray(at, at + BLOCK)
    const name = field(header, 0, 100)
    const isFolder = name.endsWith('/')
    const size = octal(header, 124, 12)
    expectField(name, 'mode', octal(header, 100, 8), isFolder ? 0o755 : 0o644)
    for (const [what, from, length] of ZEROS) {
      expectField(name, what, octal(header, from, length), 0)
    }
    expectField(name, 'type', field(header, 156, 1), isFolder ? '5' : '0')
    expectField(name, 'magic', field(header, 257, 6), 'ustar')
    expectField(name, 'checksum', octal(header, 148, 8), checksum(header))
    if (files.has(name)) throw new Error(`${name} is there twice`)
    const data = archive.subarray(at + BLOCK, at + BLOCK + size)
    files.set(name, isFolder ? undefined : Buffer.from(data).toString('latin1'))
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  const rest = archive.subarray(at)
  if (rest.length < 2 * BLOCK || rest.length % BLOCK !== 0 || rest.some((byte) => byte !== 0)) {
    throw new Error('the archive does not end in zero blocks')
  }
  return files
}

const ZEROS = [
  ['owner', 108, 8],
  ['group', 116, 8],
  ['time', 136, 12],
] as const

function field(header: Uint8Array, from: number, length: number): string {
  return Buffer.from(header.subarray(from, from + length))
    .toString('latin1')
    .replace(/\0.*$/s, '')
}

function octal(header: Uint8Array, from: number, length: number): number {
  const text = field(header, from, length)
  if (!/^[0-7]+$/.test(text)) throw new Error(`"${text}" is no octal number`)
  return parseInt(text, 8)
}

/** The sum of the header's bytes, with spaces in place of the sum. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0)
}

function expectField(file: string, what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${file}: ${what} is ${String(found)}`)
}
