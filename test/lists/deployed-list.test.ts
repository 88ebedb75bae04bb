/** Lists as devices have them: every form that is taken, and what is said of what is not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused, type Exporter, type ExportInput } from '../../exporters/contract.ts'
import { exporters } from '../../exporters/index.ts'
import { ipset } from '../../exporters/ipset.ts'
import { nftables } from '../../exporters/nftables.ts'
import { driftOf, isInStep } from '../../src/core/drift.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { JSON_FORMATS, LINE_FORMATS, type DeployedList } from '../../src/lists/deployed-entries.ts'
import { readDeployedList, type DeployedFile } from '../../src/lists/deployed-list.ts'
import { optionsOf, renderText, SHAPES } from '../support/export-input.ts'
import { restore } from '../support/ipset.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { load } from '../support/nft.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import { runInside } from '../support/run-inside.ts'

function read(text: string | Uint8Array, given: Partial<DeployedFile> = {}): DeployedList {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return readDeployedList({ bytes, form: 'text', list: 'synthetic-list', ...given })
}

function networks(text: string, given?: Partial<DeployedFile>): string[] {
  return read(text, given).coverage.texts()
}

interface Refusal {
  readonly message: string
  readonly unreadable: readonly { place: string; value: string; reason: string }[]
  readonly more: number
}

function refusal(text: string | Uint8Array, given?: Partial<DeployedFile>): Refusal {
  try {
    read(text, given)
  } catch (error) {
    if (!(error instanceof RangewardenError) || error.code !== 'invalid-input') throw error
    return { message: error.message, unreadable: [], more: 0, ...error.facts }
  }
  throw new Error('nothing was refused')
}

function placesOf(text: string, given?: Partial<DeployedFile>): string[] {
  return refusal(text, given).unreadable.map(({ place, reason }) => `${place}: ${reason}`)
}

/** No drift in what the file has; at least one of the parts is there. */
function expectInStep(file: string | Uint8Array, input: ExportInput): void {
  const deployed = read(file, { list: input.name })
  const hasAddresses = !deployed.coverage.isEmpty
  const hasNames = deployed.names.length > 0
  expect(hasAddresses || hasNames).toBe(true)
  const drift = driftOf(
    {
      admitted: hasAddresses ? RangeSet.of(input.prefixes) : RangeSet.empty,
      names: hasNames ? input.rules.map(({ name }) => name) : [],
      ...{ leaving: RangeSet.empty, earlier: RangeSet.empty, earlierNames: [] },
    },
    deployed,
  )
  expect(drift.missing.coverage.texts()).toEqual([])
  expect(drift.extra.coverage.texts()).toEqual([])
  expect({ missing: drift.missing.names, extra: drift.extra.names }).toEqual({
    missing: [],
    extra: [],
  })
  expect(isInStep(drift)).toBe(true)
}

/** The file of each shape that the format can carry. */
function filesOf(exporter: Exporter): [string, ExportInput, string | Uint8Array][] {
  return Object.entries<ExportInput>(SHAPES).flatMap(([shape, input]) => {
    if (input.destinations === 'any') return []
    try {
      const given = { ...input, options: optionsOf(exporter) }
      return [[shape, input, renderExport(exporter, given)]]
    } catch (error) {
      if (error instanceof ExportRefused) return []
      throw error
    }
  })
}

const taken: readonly string[] = [...LINE_FORMATS, ...JSON_FORMATS, 'csv']

describe('a file of ours', () => {
  it('is of a format that there is', () => {
    const names = exporters.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...taken]))
  })

  it.each(exporters.filter(({ name }) => taken.includes(name)).map((one) => [one.name, one]))(
    'of %s is read back as the list that it is of',
    (_, exporter) => {
      const files = filesOf(exporter)
      expect(files.length).toBeGreaterThan(0)
      for (const [, input, file] of files) expectInStep(file, input)
    },
  )

  it.each(exporters.filter(({ name }) => !taken.includes(name)).map((one) => [one.name, one]))(
    'of %s, which has no list in its lines or not all of it, is refused',
    (_, exporter) => {
      const files = filesOf(exporter)
      expect(files.length).toBeGreaterThan(0)
      for (const [, input, file] of files) {
        const { message } = refusal(file, { list: input.name })
        expect(message).toMatch(/Taken are plain text|compressed/)
      }
    },
  )

  describeWith([realData], 'of real size', () => {
    const sized = exporters.filter(
      ({ name, carries }) => taken.includes(name) && carries.includes('addresses'),
    )
    let input: ExportInput
    beforeAll(() => (input = realUnion().input))

    it.each(sized.map((one) => [one.name, one]))('of %s is read back', (_, exporter) => {
      expectInStep(renderText(exporter, { ...input, options: optionsOf(exporter) }), input)
    })
  })
})

describeWith(
  [networkNamespaces, program('nft'), program('ipset')],
  'what a kernel tells of the lists it was given',
  () => {
    const { mixed } = SHAPES
    const addressesOnly = { ...mixed, rules: [] }
    let inside: NetworkNamespace

    beforeAll(async () => {
      inside = await networkNamespace([], [])
    })
    afterAll(() => inside.close())

    it('is read from nft list', async () => {
      expect((await load(inside, renderText(nftables, mixed))).code).toBe(0)
      const set = ['list', 'set', 'inet', 'rangewarden', 'rangewarden_synthetic-list_v4']
      const listed = await runInside(inside, 'nft', set)
      expect(networks(listed.stdout)).toEqual(['20.0.0.0/24', '20.0.1.0/25', '40.126.0.0/18'])
      const table = await runInside(inside, 'nft', ['list', 'table', 'inet', 'rangewarden'])
      expectInStep(table.stdout, addressesOnly)
    })

    it('is read from ipset save', async () => {
      expect((await restore(inside, renderText(ipset, mixed))).code).toBe(0)
      const { stdout } = await runInside(inside, 'ipset', ['save'])
      expectInStep(stdout, addressesOnly)
    })
  },
)

describe('plain text', () => {
  it('is an entry a line, with comments, blank lines and whatever ends a line', () => {
    const text = [
      '\ufeff# a list',
      '',
      '  20.0.0.0/24  ',
      '20.0.1.7 # the proxy',
      '\t20.0.2.0-20.0.2.255\t; by hand',
      '// 20.0.9.0/24',
      '; 20.0.9.0/24',
      '! 20.0.9.0/24',
      '20.0.4.0 - 20.0.4.127',
      '2001:DB8::/32 // documentation',
      '2001:db9::1',
      'Login.Example.',
      '*.Relay.example',
    ].join('\r\n')
    const { coverage, names, impliedNames } = read(text)
    expect(coverage.texts()).toEqual([
      ...['20.0.0.0/24', '20.0.1.7/32', '20.0.2.0/24', '20.0.4.0/25'],
      ...['2001:db8::/32', '2001:db9::1/128'],
    ])
    expect(names).toEqual(['login.example', '*.relay.example'])
    expect(impliedNames).toEqual([])
  })

  it('has masks as routers write them', () => {
    const text = '20.0.0.0 255.255.255.0\n20.0.1.0/255.255.255.128\n0.0.0.0   0.0.0.0\n'
    expect(networks(text)).toEqual(['0.0.0.0/0'])
    expect(networks(text.replace('0.0.0.0   0.0.0.0\n', ''))).toEqual([
      '20.0.0.0/24',
      '20.0.1.0/25',
    ])
  })

  it('takes .x for *.x that brings x along', () => {
    const { names, impliedNames } = read('.relay.example\nlogin.example/\n')
    expect({ names, impliedNames }).toEqual({
      names: ['*.relay.example', 'login.example'],
      impliedNames: ['relay.example'],
    })
  })

  it('is nothing if there is nothing in it', () => {
    for (const text of ['', '\n\n', '\ufeff# none\r\n']) {
      const { coverage, names } = read(text)
      expect(coverage.isEmpty && names.length === 0).toBe(true)
    }
  })

  it.each([
    ['10.0.0.1/8', /host bits/],
    ['10.0.0.1 255.0.0.0', /host bits/],
    ['10.0.0.0 0.0.0.255', /0\.0\.0\.255 is no network mask/],
    ['10.0.0.0/255.0.255.0', /255\.0\.255\.0 is no network mask/],
    ['10.0.0.256', /octet|255/],
    ['010.0.0.0/8', /zero/],
    ['10.0.0.0/33', /length|32/],
    ['10.0.0.9-10.0.0.1', /.+/],
    ['443', /.+/],
    ['::ffff:10.0.0.1', /.+/],
    ['fe80::1%eth0', /no network, address/],
    ['20.0.0.O/24', /no network, address/],
    ['20.0.0.0/24#tight', /no network, address/],
    ['!20.0.0.0/24', /no network, address/],
    ['any', /no network, address/],
    ['*', /no network, address/],
    ['login.example:443', /no network, address/],
    ['https://login.example/', /no network, address/],
    ['a.*.example', /no network, address/],
    ['login..example', /no network, address/],
    ['login.example.7', /no network, address/],
    ['20.0.0.0/24 20.0.1.0/24', /.+/],
    ['20.0.0.0/24 deny', /no network, address/],
    ['20.0.0.0/24 other-list', /no network, address/],
    ['deny 20.0.0.0/24;', /no network, address/],
    ['add set 20.0.0.0/24 nomatch', /no network, address/],
    ['no network-object 20.0.0.0 255.255.255.0', /no network, address/],
    ['http_access deny somebody', /no network, address/],
  ])('is refused with the line "%s"', (line, rule) => {
    const { message, unreadable, more } = refusal(`20.0.0.0/24\n\n${line}\nlogin.example\n`)
    expect(unreadable).toEqual([
      {
        place: 'line 3',
        value: expect.any(String) as string,
        reason: expect.stringMatching(rule) as string,
      },
    ])
    expect(more).toBe(0)
    expect(message).toContain('line 3, ')
  })

  it('names the first twenty lines in their order, and how many more there are', () => {
    const lines = Array.from({ length: 1_000 }, (_, i) =>
      i % 20 === 7 ? (i % 40 === 7 ? '10.0.0.1/8' : 'not-a-name') : `20.0.${i >> 8}.${i & 255}`,
    )
    const { unreadable, more, message } = refusal(lines.join('\n'))
    expect(unreadable.map(({ place }) => place)).toEqual(
      Array.from({ length: 20 }, (_, i) => `line ${20 * i + 8}`),
    )
    expect(more).toBe(30)
    expect(message).toContain('and 30 more')
    expect(message).toContain('Taken are plain text')
  })

  it('is not looked through for more than some thousand mistakes', () => {
    const { unreadable, more, message } = refusal('1\n'.repeat(20_000) + 'any\n'.repeat(20_000))
    expect(unreadable).toHaveLength(20)
    expect(more).toBeGreaterThanOrEqual(980)
    expect(message).toContain(`and at least ${more} more`)
  })

  it('shows no more of a line than fits one', () => {
    const long = 'x'.repeat(100_000)
    const [shown] = refusal(`${long}\n`).unreadable
    expect(shown?.value.length).toBeLessThan(100)
    for (const blanks of [200, 8_000, 9_000]) {
      expect(placesOf(`20.0.0.0${' '.repeat(blanks)}x`)).toHaveLength(1)
    }
  })

  it('is UTF-8, and not compressed', () => {
    expect(refusal(Buffer.from('20.0.0.0/24', 'utf16le')).message).toMatch(/line 1/)
    expect(refusal(Buffer.from([0xff, 0xfe, 0x32, 0])).message).toMatch(/no UTF-8/)
    expect(refusal(Buffer.from([0x1f, 0x8b, 8, 0])).message).toMatch(/compressed/)
  })
})

describe('JSON', () => {
  it('is an array of texts, or networks and names', () => {
    expect(networks('["20.0.0.0/24", " 20.0.1.0-20.0.1.255 "]')).toEqual(['20.0.0.0/23'])
    expect(read('["login.example", ".x.example"]').names).toEqual(['login.example', '*.x.example'])
    const both = read('{"networks": ["20.0.0.0/24"], "names": ["*.x.example"]}', { form: 'json' })
    expect(both.coverage.texts()).toEqual(['20.0.0.0/24'])
    expect(both.names).toEqual(['*.x.example'])
    expect(networks('{"networks": []}')).toEqual([])
  })

  it('names the place of what it cannot read', () => {
    const text = '{"names": ["login.example", "any"], "networks": ["20.0.0.0/24", "10.0.0.1/8"]}'
    expect(placesOf(text)).toEqual([
      expect.stringMatching(/^\/networks\/1: .*host bits/),
      expect.stringMatching(/^\/names\/1: no network/),
    ])
    expect(placesOf('["", "20.0.0.0/24"]')).toEqual([expect.stringMatching(/^\/0: /)])
  })

  it.each([
    '{}',
    '7',
    'null',
    '{"networks": [7]}',
    '{"networks": [], "more": []}',
    '[["20.0.0.0/24"]]',
  ])('of another shape is refused: %s', (text) =>
    expect(refusal(text, { form: 'json' }).message).toMatch(/no known shape\nTaken are/),
  )

  it('that is none says where it ends', () => {
    expect(refusal('["20.0.0.0/24",]').message).toMatch(/no JSON: Unexpected token/)
    expect(refusal('20.0.0.0/24', { form: 'json' }).message).toMatch(/no JSON/)
  })
})

describe('CSV', () => {
  const header = 'kind,value,family,ports'

  it('is rows of names and networks, also as a spreadsheet saves it', () => {
    const rows = [
      header,
      'note,"Of 1,204, ""wide""",,',
      '"name","*.x.example","","80 443"',
      'network,20.0.0.0/24,4,',
      '',
    ]
    const { coverage, names } = read(rows.join('\r\n'), { form: 'csv' })
    expect(coverage.texts()).toEqual(['20.0.0.0/24'])
    expect(names).toEqual(['*.x.example'])
  })

  it.each([
    'network,20.0.0.0/24,6,',
    'network,20.0.0.0/24,4',
    'network,"20.0.0.0/24,4,',
    'address,20.0.0.0/24,4,',
    'network,20.0.0.0/24,4,,',
    'network,10.0.0.1/8,4,',
  ])('is refused with the row %s', (row) => {
    expect(placesOf(`${header}\nnetwork,20.0.0.0/24,4,\n${row}\n`)).toEqual([
      expect.stringMatching(/^line 3: /),
    ])
  })

  it('begins with its header', () => {
    expect(refusal('20.0.0.0/24,4\n', { form: 'csv' }).message).toMatch(
      /line 1, "20\.0\.0\.0\/24,4": .*kind,value,family,ports/,
    )
  })
})
