/**
 * The collapsed IPv4 networks of every real file, line for line what FireHOL's `iprange` prints for
 * the same lists. It reads no IPv6, and prints a single address without its length. It would look up
 * names: nothing goes in that our own parser has not read as an address.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RangeSet } from '../../src/core/range-set.ts'
import { realFiles } from '../support/real-files.ts'
import { isIPv4, prefixTexts } from '../support/real-prefixes.ts'
import { describeWith, program, realData } from '../support/requirements.ts'

describeWith([program('iprange'), realData], 'iprange', () => {
  let folder: string
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rangewarden-iprange-'))))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(realFiles().map((file) => [file.name, file] as const))(
    'prints the networks that we do for %s',
    (_, file) => {
      const [whole, azureCloud] = [prefixTexts(file), prefixTexts(file, 'AzureCloud')].map(
        (texts, i) => {
          const list = texts.filter(isIPv4)
          const path = join(folder, String(i))
          writeFileSync(path, list.map((text) => `${text}\n`).join(''))
          return { path, set: parsed(list) }
        },
      )
      if (!whole || !azureCloud) throw new Error('two lists')
      const printed = (...args: string[]): string =>
        execFileSync('iprange', args, { encoding: 'utf8' })
      expect(printed(whole.path)).toBe(asPrinted(whole.set))
      expect(printed(azureCloud.path)).toBe(asPrinted(azureCloud.set))
      expect(printed(whole.path, '--except', azureCloud.path)).toBe(
        asPrinted(whole.set.subtract(azureCloud.set)),
      )
      expect(printed(whole.path, '--common', azureCloud.path)).toBe(
        asPrinted(whole.set.intersect(azureCloud.set)),
      )
    },
  )
})

function parsed(texts: readonly string[]): RangeSet {
  const set = RangeSet.parse(texts)
  if (!set.ok) throw new Error(set.reason)
  return set.value
}

function asPrinted(set: RangeSet): string {
  return set
    .texts()
    .map((text) => `${text.replace(/\/32$/, '')}\n`)
    .join('')
}
