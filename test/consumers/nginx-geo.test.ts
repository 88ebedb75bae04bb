/**
 * What nginx makes of the entries of a geo block: no word of complaint, the value 1 for who is
 * inside and the default for who is not. In a network namespace that owns all the addresses.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { nginxGeo } from '../../exporters/nginx-geo.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { nginxFolder, testConfiguration, type NginxFolder } from '../support/nginx.ts'
import { nginxLaws } from '../support/nginx-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { describeWith, program } from '../support/requirements.ts'
import { TODAY } from '../support/reverse-proxy-world.ts'

formatLaws({
  exporter: nginxGeo,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    expect(comments.length).toBeGreaterThan(0)
    const networks = entries.map((line) => {
      expect(line).toMatch(/^[0-9a-f.:]+\/[0-9]+ 1;$/)
      return line.slice(0, -' 1;'.length)
    })
    return { addresses: networksOf(networks) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

const render = (given: Partial<ExportInput>): string =>
  renderText(nginxGeo, exportInput({ options: {}, ...given }))

/** The value decides, and is compared as the guide shows it. */
const folderFor = (listen?: readonly string[]): NginxFolder =>
  nginxFolder(
    (included) => ({
      http: `geo $remote_addr $from_azure { default 0; include ${included}; }`,
      location: 'if ($from_azure = 0) { return 403; } if ($from_azure = 1) { return 200; }',
    }),
    listen,
  )

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
    folder.include('20.0.0.1/24 1;\n')
    expect(testConfiguration(folder).complaints.join()).toContain('low address bits')
    folder.include('0.0.0.0/0 1;\n')
    expect(testConfiguration(folder).complaints.join()).toContain('duplicate network')
  })

  it('refuses the file where it is not in a geo block', () => {
    const misplaced = nginxFolder((included) => ({ location: `include ${included};` }))
    try {
      misplaced.include(render({ prefixes: TODAY }))
      expect(testConfiguration(misplaced).code).not.toBe(0)
    } finally {
      misplaced.remove()
    }
  })
})

nginxLaws({ name: 'geo', folderFor, render: (networks) => render({ prefixes: networks }) })
