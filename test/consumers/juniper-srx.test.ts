/** The bundle: tar unpacks it, the feeds are one network a line, the same list is the same bytes. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { juniperSrx } from '../../exporters/juniper-srx.ts'
import { exportInput, prefixes, SHAPES } from '../support/export-input.ts'
import { temporaryFolder } from '../support/folder.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { describeWith, program } from '../support/requirements.ts'
import { readUstar } from '../support/ustar.ts'

interface Bundle {
  readonly folder: string
  readonly readme: string
  readonly all: readonly string[]
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
}

function bytesOf(file: ExportFile): Uint8Array {
  if (typeof file === 'string') throw new Error('a bundle is bytes')
  return file
}

function feedOf(text: string | undefined): readonly string[] {
  if (text === undefined) throw new Error('a feed is missing')
  if (text === '') return []
  const { comments, entries } = splitHead(text, '#')
  expect(comments).toEqual([])
  return entries
}

/** Exactly a folder, three feeds and words; each feed of its family, `all` both of them. */
function read(file: ExportFile): Bundle {
  const files = readUstar(gunzipSync(bytesOf(file)))
  const folder = /^([a-z0-9][a-z0-9.-]*)\/$/.exec([...files.keys()][0] ?? '')?.[1]
  if (folder === undefined) throw new Error('the bundle does not begin with its folder')
  const names = ['', 'README', 'all', 'ipv4', 'ipv6'].map((name) => `${folder}/${name}`)
  expect([...files.keys()]).toEqual(names)
  const [all, ipv4, ipv6] = names.slice(2).map((name) => feedOf(files.get(name)))
  if (!all || !ipv4 || !ipv6) throw new Error('a feed is missing')
  expect(all).toEqual([...ipv4, ...ipv6])
  expect(ipv4.filter((network) => network.includes(':'))).toEqual([])
  expect(ipv6.filter((network) => !network.includes(':'))).toEqual([])
  return { folder, readme: files.get(`${folder}/README`) ?? '', all, ipv4, ipv6 }
}

formatLaws({
  exporter: juniperSrx,
  read: (file) => ({ addresses: networksOf(read(file).all) }),
  words: (file) => read(file).readme,
})

const render = (input: ExportInput): Uint8Array => bytesOf(renderExport(juniperSrx, input))

describe('juniper-srx', () => {
  it('has a folder named after the list, and words in ASCII lines', () => {
    const { folder, readme } = read(render({ ...SHAPES.mixed, name: 'app-proxy-ip.china' }))
    expect(folder).toBe('app-proxy-ip.china')
    expect(readme).toMatch(/^Rangewarden allowlist app-proxy-ip\.china, [\n\x20-\x7e]*\n$/)
  })

  it('has an empty feed for a family that is not there', () => {
    expect(read(render(SHAPES['v4-only'])).ipv6).toEqual([])
    expect(read(render(SHAPES['v6-only'])).ipv4).toEqual([])
  })

  it('is the same bytes for the same list, without a time or a name in the gzip header', () => {
    const file = render(SHAPES.mixed)
    expect(render(structuredClone(SHAPES.mixed))).toEqual(file)
    expect([...file.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
    // "Unix", whatever it runs on.
    expect(file[9]).toBe(3)
  })

  it('ends its archive in zero blocks, also where the last block is full', () => {
    const full = range(1, 120).filter((size) => {
      const input = exportInput({ prefixes: networks(size) })
      const archive = gunzipSync(render(input))
      read(render(input))
      const content = [...readUstar(archive).values()].reduce(
        (sum, text) => sum + 512 + 512 * Math.ceil((text ?? '').length / 512),
        0,
      )
      return content % 10_240 === 0
    })
    expect(full.length).toBeGreaterThan(0)
  })
})

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** Ten more for each step, none beside another. */
function networks(size: number): ExportInput['prefixes'] {
  return prefixes(...range(1, 10 * size).map((i) => `20.${i >> 8}.${i & 255}.0/25`))
}

describeWith([program('tar'), program('gzip')], 'juniper-srx: unpacked by tar', () => {
  let folder: string
  const tar = (...args: string[]): string => execFileSync('tar', args, { cwd: folder }).toString()
  beforeEach(() => (folder = temporaryFolder({ 'bundle.tgz': Buffer.from(render(SHAPES.mixed)) })))

  it('lists the folder and the feeds, of root, of 1970, without a word of warning', () => {
    execFileSync('gzip', ['-t', 'bundle.tgz'], { cwd: folder })
    const listed = tar('--utc', '--numeric-owner', '-tvzf', 'bundle.tgz').trimEnd().split('\n')
    expect(listed.map((line) => line.replaceAll(/ +/g, ' ').replace(/ \d+ 1970/, ' 1970'))).toEqual(
      [
        'drwxr-xr-x 0/0 1970-01-01 00:00 synthetic-list/',
        ...['README', 'all', 'ipv4', 'ipv6'].map(
          (name) => `-rw-r--r-- 0/0 1970-01-01 00:00 synthetic-list/${name}`,
        ),
      ],
    )
  })

  it('extracts the feeds at the paths of the configuration; another load replaces them', () => {
    const extract = (): string => {
      const log = execFileSync('sh', ['-c', 'tar -xzf bundle.tgz 2>&1'], { cwd: folder })
      expect(log.toString()).toBe('')
      return readFileSync(join(folder, 'synthetic-list', 'all'), 'latin1')
    }
    const texts = SHAPES.mixed.prefixes.map(({ text }) => `${text}\n`)
    expect(extract()).toBe(texts.join(''))
    const later = exportInput({ prefixes: prefixes('40.0.0.0/16') })
    execFileSync('tee', ['bundle.tgz'], { cwd: folder, input: render(later) })
    expect(extract()).toBe('40.0.0.0/16\n')
    expect(readFileSync(join(folder, 'synthetic-list', 'ipv6'), 'latin1')).toBe('')
  })
})
