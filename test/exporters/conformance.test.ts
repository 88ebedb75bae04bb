/**
 * The laws every format keeps, asked of every file in exporters/. The goldens show a reviewer what
 * changed; that the text means what it should is what test/consumers asks the programs.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import {
  ExportRefused,
  FORMAT_GROUPS,
  type Exporter,
  type ExportInput,
} from '../../exporters/contract.ts'
import { exporters } from '../../exporters/index.ts'
import {
  exportInput,
  optionsOf,
  PAC_OPTIONS,
  prefixes,
  rule,
  SHAPES,
} from '../support/export-input.ts'

const ROOM = resolve(import.meta.dirname, '../../exporters')
const CONSUMERS = resolve(import.meta.dirname, '../consumers')

/** Files that are about all formats. */
const SHARED = ['check.ts', 'contract.ts', 'head.ts', 'index.ts']

/**
 * The kit is scripts of hundreds of lines that hardly differ: one with names shows the text, legacy
 * ports included, and the others what is refused. What says nothing of a list refuses none.
 */
function isShown({ group, carries }: Exporter, shape: string): boolean {
  if (group !== 'connector') return true
  return shape === 'names-only' || (carries.length > 0 && ['any', 'empty'].includes(shape))
}

const grid = exporters.flatMap((exporter) =>
  Object.entries<ExportInput>(SHAPES)
    .filter(([shape]) => isShown(exporter, shape))
    .map(([shape, given]) => {
      const input = { ...given, options: optionsOf(exporter) }
      return { exporter, name: exporter.name, shape, input }
    }),
)

function refusalOf(exporter: Exporter, input: ExportInput): string {
  try {
    renderExport(exporter, input)
  } catch (error) {
    if (error instanceof ExportRefused) return error.message
    throw error
  }
  throw new Error(`${exporter.name} did not refuse ${input.name}`)
}

describe('the registry', () => {
  it('holds every file of the room under its own name', () => {
    const files = readdirSync(ROOM).filter((file) => file.endsWith('.ts') && !SHARED.includes(file))
    expect(exporters.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort())
  })

  it('has names that are unique and kebab-case', () => {
    const names = exporters.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  })
})

describe.each(exporters)('$name', (exporter) => {
  it('describes itself', () => {
    expect(exporter.summary).toMatch(/^[\x20-\x7e]{10,110}$/)
    expect(Object.keys(FORMAT_GROUPS)).toContain(exporter.group)
    expect(exporter.consumer).toMatch(/^[\x20-\x7e]{5,160}$/)
    expect(exporter.proof.with).toMatch(/^[\x20-\x7e]{10,}$/)
    expect(exporter.guide.split('\n').filter((line) => line.length > 120)).toEqual([])
    expect(exporter.guide).toContain('**Replaces**')
    expect(exporter.mediaType).toMatch(/^[a-z]+\/[a-z-]+(; charset=utf-8)?$/)
    expect(exporter.fileExtension).toMatch(/^[a-z0-9]+$/)
    expect(exporter.families.length).toBeGreaterThan(0)
    expect(exporter.revision).toBeGreaterThan(0)
  })

  it('has a consumer test that asks the laws of every format', () => {
    const test = readFileSync(resolve(CONSUMERS, `${exporter.name}.test.ts`), 'utf8')
    expect(test).toContain('formatLaws({')
  })

  it('has options whose settings are ours and whose defaults keep their own rule', () => {
    for (const option of exporter.options) {
      expect(option.setting).toMatch(/^RANGEWARDEN_[A-Z0-9_]+$/)
      expect(
        option.default === undefined ? undefined : option.check(option.default),
      ).toBeUndefined()
      expect(option.check('\n}; evil')).toEqual(expect.any(String))
    }
  })

  it('moves no byte when only what it does not show has moved', () => {
    const input = SHAPES.mixed
    const options = optionsOf(exporter)
    const later = { ...input, options: { ...options, unknown: 'value' } }
    expect(renderExport(exporter, later)).toEqual(renderExport(exporter, { ...input, options }))
  })
})

describe.each(grid)('$name, $shape', ({ exporter, shape, input }) => {
  const folder = resolve(import.meta.dirname, 'golden', exporter.name)

  it('is what the golden file says', async () => {
    const refused = isRefused(exporter, input)
    const text = refused ? `${refusalOf(exporter, input)}\n` : shown(renderExport(exporter, input))
    const extension = refused ? 'refused.txt' : exporter.fileExtension
    await expect(text).toMatchFileSnapshot(`${folder}/${shape}.${extension}`)
  })

  it('renders the same bytes twice, ASCII lines that end in a newline', () => {
    if (isRefused(exporter, input)) return expect(refusalOf(exporter, input)).not.toBe('')
    const file = renderExport(exporter, input)
    expect(shown(file)).toMatch(/^[\n\x20-\x7e]*\n$/)
    expect(renderExport(exporter, structuredClone(input))).toEqual(file)
  })
})

/** Of bytes, which nobody reads in a review, what tells that they moved. */
function shown(file: string | Uint8Array): string {
  if (typeof file === 'string') return file
  return `${file.length} bytes, SHA-256 ${createHash('sha256').update(file).digest('hex')}\n`
}

/** What must be refused follows from what the format says of itself. */
function isRefused(exporter: Exporter, { destinations, rules, prefixes }: ExportInput): boolean {
  if (exporter.carries.length === 0) return false
  if (destinations === 'any') return !exporter.anyDestination
  const carried =
    (exporter.carries.includes('names') ? rules.length : 0) +
    (exporter.carries.includes('addresses') ? prefixes.length : 0)
  return carried === 0 && exporter.onEmpty === 'refuse'
}

describe('shared refusals', () => {
  const pac = exporters.find(({ name }) => name === 'pac')
  const text = exporters.find(({ name }) => name === 'text')
  if (!pac || !text) throw new Error('pac and text are formats')
  const names = [rule('login.example', 443)]
  const plain: Exporter = { ...text, name: 'plain' }

  it('name the setting of a required option', () => {
    const input = exportInput({ rules: names, options: {} })
    expect(refusalOf(pac, input)).toMatch(
      /^pac needs RANGEWARDEN_PAC_PROXY \(.*\) and RANGEWARDEN_PAC_FALLBACK/,
    )
    const half = exportInput({ rules: names, options: { proxy: PAC_OPTIONS.proxy, fallback: '' } })
    expect(refusalOf(pac, half)).toMatch(/^pac needs RANGEWARDEN_PAC_FALLBACK/)
  })

  it('name the setting, the value and the rule of a broken option', () => {
    const options = { ...PAC_OPTIONS, proxy: 'proxy.example:3128' }
    expect(refusalOf(pac, exportInput({ rules: names, options }))).toBe(
      'pac cannot use RANGEWARDEN_PAC_PROXY="proxy.example:3128": "proxy.example:3128" is not ' +
        'DIRECT, or PROXY, HTTPS, SOCKS, SOCKS4 or SOCKS5 with HOST:PORT; several are separated by ";"',
    )
  })

  it.each([
    ['app-proxy', 'app-proxy-ip'],
    ['app-proxy.azuregovernment', 'app-proxy-ip.azuregovernment'],
  ])('send a format of addresses from %s to %s', (name, twin) => {
    expect(refusalOf(text, exportInput({ name, rules: names }))).toBe(
      `text carries only addresses and ${name} has only names: use ${twin}`,
    )
  })

  it('say that a list of names has no addresses where there is no twin to name', () => {
    expect(refusalOf(text, exportInput({ name: 'branch', rules: names }))).toBe(
      'text carries only addresses and branch has only names: the list has no addresses',
    )
  })

  it('say that an empty list has neither', () => {
    expect(refusalOf(text, exportInput({ name: 'branch' }))).toContain('no addresses and no names')
  })

  it('count entries against the limit, and let the limit itself pass', () => {
    const limited = (entries: number): Exporter => {
      return { ...plain, limits: { entries, source: 'the manual' } }
    }
    const input = exportInput({ prefixes: prefixes('20.0.0.0/24', '20.0.2.0/24') })
    expect(renderExport(limited(2), input)).toContain('20.0.2.0/24')
    expect(refusalOf(limited(1), input)).toBe(
      'synthetic-list has 2 entries, plain holds 1 (the manual). What would fit: a budget of 1 ' +
        'networks, which admits 100 % more IPv4 and 0 % more IPv6 addresses than are selected',
    )
  })

  it('count only the entries that the format carries', () => {
    const input = exportInput({ rules: names, prefixes: prefixes('20.0.0.0/24') })
    expect(renderExport({ ...plain, limits: { entries: 1 } }, input)).toContain('20.0.0.0/24')
  })

  it('count bytes against the limit, and let the limit itself pass', () => {
    const input = exportInput({ prefixes: prefixes('20.0.0.0/24') })
    const written: Exporter = { ...plain, render: () => ['12345', '678\n'] }
    expect(renderExport({ ...written, limits: { bytes: 9 } }, input)).toBe('12345678\n')
    expect(refusalOf({ ...written, limits: { bytes: 8 } }, input)).toBe(
      'synthetic-list takes 9 bytes, plain holds 8',
    )
  })

  it('come before the first byte', () => {
    const rendered: string[] = []
    const watched: Exporter = {
      ...plain,
      limits: { entries: 0 },
      *render() {
        rendered.push('asked')
        yield 'x\n'
      },
    }
    const input = exportInput({ prefixes: prefixes('20.0.0.0/24') })
    expect(refusalOf(watched, input)).toContain('1 entries')
    expect(rendered).toEqual([])
  })

  it.each(['no newline', 'caf\u00e9\n', 'carriage\r\n', ''])(
    'do not hide our own bug: %j',
    (bad) => {
      const input = exportInput({ prefixes: prefixes('20.0.0.0/24') })
      expect(() => renderExport({ ...plain, render: () => [bad] }, input)).toThrow(
        'plain wrote text that is not ASCII lines',
      )
      expect(() => renderExport({ ...plain, render: () => [bad] }, input)).not.toThrow(
        ExportRefused,
      )
    },
  )
})
