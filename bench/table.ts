/** Results as people read them: a table for a terminal, and one in Markdown for docs/benchmarks.md. */
import type { Group, ListedRow, ResultRow, Results } from './contract.ts'
import { nameWithVersion } from './references.ts'
import { describeTarget } from './result.ts'

const HEAD = ['', 'ours', 'reference', 'unit', 'ratio', 'target', '', 'against']

/** What was measured on what, a line for each row under its group, then what there is to explain. */
export function terminalTable({ machine, date, references, rows }: Results): string {
  const lines = rows.map((row) => [`  ${row.name}`, ...figures(row), row.against.join(', ')])
  const drawn = columns([HEAD, ...lines])
  const [head = '', ...body] = drawn
  const grouped = rows.flatMap((row, i) => {
    const begins = rows[i - 1]?.group !== row.group
    return [...(begins ? [row.group] : []), body[i] ?? '']
  })
  const absent = references.filter(({ version }) => version === null)
  return [
    `${machine}, ${date}`,
    '',
    head,
    ...grouped,
    ...rows.flatMap(explained),
    ...absent.map(({ name, from }) => `absent: ${name} (${from})`),
  ].join('\n')
}

/** Every row with its sentence: what `--list` prints. */
export function listing(rows: readonly ListedRow[]): string {
  return rows
    .map(
      ({ group, name, row }) =>
        `${group}  ${name}\n    ${row.name}\n    ${describeTarget(row.target)}`,
    )
    .join('\n')
}

/** The results section of docs/benchmarks.md. */
export function markdown({ machine, date, references, rows }: Results): string {
  const groups = [...new Set(rows.map(({ group }) => group))]
  return [
    `Measured ${date.slice(0, 10)} on ${machine}.`,
    '',
    `References: ${references.map(nameWithVersion).join(', ')}.`,
    ...groups.flatMap((group) => ['', ...section(group, rows)]),
  ].join('\n')
}

function section(group: Group, rows: readonly ResultRow[]): string[] {
  const own = rows.filter((row) => row.group === group)
  return [
    `### ${group}`,
    '',
    '| row | ours | reference | unit | ratio | target | |',
    '| --- | ---: | ---: | --- | ---: | --- | --- |',
    ...own.map((row) => `| ${[row.name, ...figures(row)].map(cell).join(' | ')} |`),
    '',
    ...own.map((row) => `- **${row.name}**: ${row.description}.${spread(row)}`),
    ...own.flatMap(explained).map((line) => `- ${line}`),
  ]
}

/** How far the middle half of the rounds lies apart, against the median. */
function spread({ ours, reference, quartiles }: ResultRow): string {
  const apart = [
    ['ours', ours, quartiles?.ours] as const,
    ['reference', reference, quartiles?.reference] as const,
  ].flatMap(([whose, middle, range]) => {
    if (range === undefined || middle === null || middle === 0) return []
    return [`${whose} ${Math.round((100 * (range[1] - range[0])) / middle)} %`]
  })
  return apart.length === 0 ? '' : ` Middle half of the rounds: ${apart.join(', ')} of the median.`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function figures(row: ResultRow): string[] {
  const { ours, reference, unit, ratio, target } = row
  return [shown(ours), shown(reference), unit, shown(ratio), target, verdict(row)]
}

function verdict({ holds, absent, failed }: ResultRow): string {
  if (failed !== undefined) return 'FAILED'
  if (absent !== undefined) return 'absent'
  return holds === null ? '-' : holds ? 'holds' : 'MISSED'
}

function explained({ name, absent, failed }: ResultRow): string[] {
  if (failed !== undefined) return [`${name} failed: ${failed}`]
  return absent === undefined ? [] : [`${name} is absent: ${absent}`]
}

/** Three digits that count, and commas between thousands. */
function shown(value: number | null): string {
  if (value === null) return '-'
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

const NUMBERS = [1, 2, 4]

function columns(lines: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((text, i) => {
        const width = widths[i] ?? 0
        return NUMBERS.includes(i) ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
