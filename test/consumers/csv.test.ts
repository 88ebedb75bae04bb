/** CSV: read by a strict parser of ours and by Python's, and looked at as spreadsheets do. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { csv } from '../../exporters/csv.ts'
import type { ExportInput } from '../../exporters/contract.ts'
import { hostName } from '../../exporters/parts/names.ts'
import { readCsv } from '../support/csv-reading.ts'
import { exportInput, prefixes, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { networksOf, textOf } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, program, realData } from '../support/requirements.ts'

const PORTS = /^(?:[1-9]\d{0,4}(?:-[1-9]\d{0,4})?)(?: [1-9]\d{0,4}(?:-[1-9]\d{0,4})?)*$/

interface Csv {
  readonly notes: readonly string[]
  readonly names: readonly string[]
  readonly networks: readonly string[]
}

/** Notes, then names, then networks; no cell used that its kind does not have. */
function read(file: ExportFile): Csv {
  const [header, ...rows] = readCsv(textOf(file))
  expect(header).toEqual(['kind', 'value', 'family', 'ports'])
  const kinds = rows.map(([kind]) => kind)
  expect(kinds).toEqual(kinds.toSorted((a, b) => ORDER.indexOf(a ?? '') - ORDER.indexOf(b ?? '')))
  for (const row of rows) expect(row).toSatisfy(isRow)
  const valuesOf = (wanted: string): string[] =>
    rows.filter(([kind]) => kind === wanted).map(([, value = '']) => value)
  return { notes: valuesOf('note'), names: valuesOf('name'), networks: valuesOf('network') }
}

const ORDER = ['note', 'name', 'network']

function isRow([kind, value = '', family, ports = '']: string[]): boolean {
  if (kind === 'note') return value !== '' && family === '' && ports === ''
  if (kind === 'name')
    return family === '' && PORTS.test(ports) && hostName('csv', value).host !== ''
  return kind === 'network' && family === (value.includes(':') ? '6' : '4') && ports === ''
}

formatLaws({
  exporter: csv,
  read: (file) => {
    const { names, networks } = read(file)
    return { names, addresses: networksOf(networks) }
  },
  words: (file) => read(file).notes.join(' '),
})

/** Begins of cells that spreadsheets take for formulas, with what they pass over before them. */
const FORMULA = /^[\s'"]*[=+\-@\t\r|%]/

describe('in a spreadsheet', () => {
  const given = exportInput({ ...SHAPES.mixed, prefixes: prefixes('20.0.0.0/24', '::/64') })

  it.each([
    ...HOSTILE,
    '=cmd()',
    '+1',
    '-1',
    '@x',
    ';=cmd()',
    '";=cmd()',
    ',=cmd()',
    '",=cmd(),"',
    '\t=cmd()',
    '\n=cmd()',
  ])('no cell is a formula, whatever separates cells: %j', (text) => {
    const hostile: ExportInput = {
      ...given,
      version: { snapshot: text },
      uncovered: [text],
      missingTags: [text],
      emptyTags: [text],
      kept: { snapshot: text, fileDate: text },
      rolledBack: { snapshot: text, fileDate: text, until: text },
    }
    const file = renderText(csv, hostile)
    const cells = readCsv(file).flat()
    const elsewhere = file.split('\n').flatMap((line) => line.split(/[;\t]/))
    expect([...cells, ...elsewhere].filter((cell) => FORMULA.test(cell))).toEqual([])
  })
})

const SCRIPT = `
import csv, json, sys
rows = list(csv.reader(sys.stdin, strict=True))
json.dump(rows, sys.stdout)
`

function readByPython(text: string): unknown {
  const options = { input: text, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  return JSON.parse(execFileSync('python3', ['-c', SCRIPT], options))
}

describeWith([program('python3')], "Python's csv module", () => {
  it.each(Object.entries(SHAPES).filter(([shape]) => shape !== 'any' && shape !== 'empty'))(
    'reads what our parser reads: %s',
    (_, input) => {
      const file = renderText(csv, input)
      expect(readByPython(file)).toEqual(readCsv(file))
    },
  )

  it.each(HOSTILE)('reads what our parser reads with %j in it', (text) => {
    const file = renderText(csv, exportInput({ ...SHAPES.mixed, uncovered: [text] }))
    expect(readByPython(file)).toEqual(readCsv(file))
  })
})

describeWith([program('python3'), realData], "Python's csv module, real lists", () => {
  it('gives back the networks of the list', () => {
    const { input } = realUnion()
    const rows = readByPython(renderText(csv, input)) as string[][]
    const networks = rows.filter(([kind]) => kind === 'network').map(([, value]) => value)
    expect(networks).toEqual(input.prefixes.map(({ text }) => text))
  })
})
