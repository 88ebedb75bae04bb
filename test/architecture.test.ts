/** What keeps the rooms apart and the documents true. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exporters } from '../exporters/index.ts'

/** Pure packages beside core and their own room. */
const EXPORTERS_MAY =
  /^((\.|\.\.)\/([a-z]+\/)?[a-z0-9-]+\.ts|(\.\.\/)+src\/core\/[a-z0-9-]+\.ts|netmask|uuid|fflate|nanotar)$/

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('generated'))
    .map((name) => `${folder}/${name}`)
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? '')
}

describe('the rooms', () => {
  it('core imports nothing but itself', () => {
    const outside = filesIn('src/core').flatMap((file) =>
      importsOf(file).filter((from) => !/^\.\/[a-z-]+\.ts$/.test(from)),
    )
    expect(outside).toEqual([])
  })

  it('exporters import core and their own room only', () => {
    const outside = filesIn('exporters').flatMap((file) =>
      importsOf(file).filter((from) => !EXPORTERS_MAY.test(from)),
    )
    expect(outside).toEqual([])
  })

  it('only the store knows the database', () => {
    const knowing = filesIn('src').filter((file) =>
      importsOf(file).some((from) => /prisma|pglite|^pg$|generated/.test(from)),
    )
    expect(knowing.filter((file) => !file.startsWith('src/store/'))).toEqual([])
    expect(knowing.length).toBeGreaterThan(0)
  })

  it('only the http room knows the web framework, beside the root that starts it', () => {
    const knowing = filesIn('src').filter((file) =>
      importsOf(file).some((from) => from.includes('fastify')),
    )
    expect(
      knowing.filter((file) => !file.startsWith('src/http/') && file !== 'src/app.ts'),
    ).toEqual([])
  })

  it('the environment is read in one file', () => {
    const reading = filesIn('src').filter((file) =>
      readFileSync(file, 'utf8').includes('process.env'),
    )
    expect(reading).toEqual(['src/config.ts'])
  })
})

describe('the documents', () => {
  it('have a section for every format, and no other', () => {
    const text = readFileSync('docs/formats.md', 'utf8')
    const sections = [...text.matchAll(/^### (.+)$/gm)].map(([, name]) => name ?? '')
    expect(sections.sort()).toEqual(exporters.map(({ name }) => name).sort())
  })

  it('list every format in the README', () => {
    const text = readFileSync('README.md', 'utf8')
    for (const { name, summary } of exporters)
      expect(text).toContain(`| \`${name}\` | ${summary.replaceAll('|', '\\|')} |`)
  })

  it('number every decision once', () => {
    const numbers = readdirSync('docs/adr').map((name) => Number(name.slice(0, 4)))
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1))
  })
})
