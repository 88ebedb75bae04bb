/**
 * What nginx makes of allow lines: no word of complaint, 200 for who is inside and 403 for who is
 * not. The live nginx and its clients are in a network namespace that owns all their addresses.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { nginxAllow } from '../../exporters/nginx-allow.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { nginxFolder, testConfiguration, type NginxFolder } from '../support/nginx.ts'
import { nginxLaws } from '../support/nginx-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { describeWith, program } from '../support/requirements.ts'
import { TODAY } from '../support/reverse-proxy-world.ts'

formatLaws({
  exporter: nginxAllow,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    expect(comments.length).toBeGreaterThan(0)
    expect(entries.at(-1)).toBe('deny all;')
    const networks = entries.slice(0, -1).map((line) => {
      expect(line).toMatch(/^allow [0-9a-f.:]+\/[0-9]+;$/)
      return line.slice('allow '.length, -1)
    })
    expect(networks.length).toBeGreaterThan(0)
    return { addresses: networksOf(networks) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

const render = (given: Partial<ExportInput>): string =>
  renderText(nginxAllow, exportInput({ options: {}, ...given }))

const folderFor = (listen?: readonly string[]): NginxFolder =>
  nginxFolder((included) => ({ location: `include ${included}; index index.html;` }), listen)

describe('an empty list', () => {
  it('is refused: nobody would be served', () => {
    expect(() => render({})).toThrow('an empty nginx-allow list would be loaded as one')
  })
})

describeWith([program('nginx')], 'nginx -t', () => {
  let folder: NginxFolder
  beforeAll(() => (folder = folderFor()))
  afterAll(() => folder.remove())

  it.each([
    ['both families', { prefixes: TODAY }],
    ['all of both families', { prefixes: prefixes('0.0.0.0/0', '::/0') }],
    ['a long head', { prefixes: TODAY, missingTags: ['\\ ; } { " '.repeat(2_000)] }],
    ['a head with a long word', { prefixes: TODAY, missingTags: ['x'.repeat(20_000)] }],
  ])('has nothing to say about %s', (_, given) => {
    folder.include(render(given))
    expect(testConfiguration(folder)).toEqual({ code: 0, complaints: [] })
  })

  it('has something to say about what the lists never have', () => {
    folder.include('allow 20.0.0.1/24;\ndeny all;\n')
    expect(testConfiguration(folder).complaints.join()).toContain('low address bits')
  })
})

nginxLaws({ name: 'allow', folderFor, render: (networks) => render({ prefixes: networks }) })
