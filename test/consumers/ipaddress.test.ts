/**
 * The collapsed networks of both families, exactly those of Python's `ipaddress.collapse_addresses`.
 * It takes a second for the prefixes of one large file: so one process, and the first and the newest
 * file of each cloud.
 */
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { RangeSet } from '../../src/core/range-set.ts'
import { realFiles, type RealFile } from '../support/real-files.ts'
import { isIPv4, prefixTexts } from '../support/real-prefixes.ts'
import { describeWith, program, realData } from '../support/requirements.ts'

/** Reads lists of one family each, and prints a list for each. */
const SCRIPT = `
import ipaddress, json, sys
lists = json.load(sys.stdin)
collapse = lambda texts: ipaddress.collapse_addresses(ipaddress.ip_network(t) for t in texts)
json.dump([[str(network) for network in collapse(texts)] for texts in lists], sys.stdout)
`

describeWith([program('python3'), realData], "Python's ipaddress", () => {
  it('collapses the first and the newest file of each cloud to the same networks', () => {
    const lists = firstAndNewest(realFiles()).flatMap((file) => {
      const texts = prefixTexts(file)
      return [texts.filter(isIPv4), texts.filter((text) => !isIPv4(text))]
    })
    expect(lists.length).toBeGreaterThan(0)
    const printed = execFileSync('python3', ['-c', SCRIPT], {
      input: JSON.stringify(lists),
      maxBuffer: 64 * 2 ** 20,
      encoding: 'utf8',
    })
    expect(lists.map(collapsed)).toEqual(JSON.parse(printed))
  })
})

function firstAndNewest(files: readonly RealFile[]): RealFile[] {
  const clouds = new Set(files.map(({ cloud }) => cloud))
  return [...clouds].flatMap((cloud) => {
    const ofCloud = files.filter((file) => file.cloud === cloud)
    return [...ofCloud.slice(0, 1), ...ofCloud.slice(-1)]
  })
}

function collapsed(texts: readonly string[]): string[] {
  const set = RangeSet.parse(texts)
  if (!set.ok) throw new Error(set.reason)
  return set.value.texts()
}
