/** Values of a Terraform variable: strict members here, and what Terraform itself makes of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { terraform } from '../../exporters/terraform.ts'
import { exportInput, prefixes, renderText, rule, SHAPES } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { networksOf, textOf } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWhere, networkNamespaces, program, realData } from '../support/requirements.ts'
import { rootModule, type RootModule } from '../support/terraform.ts'

interface Value {
  readonly about: readonly string[]
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
  readonly names: readonly { readonly name: string; readonly ports: readonly string[] }[]
}

/** An identifier of Terraform, and a value of exactly the declared type. */
function read(file: ExportFile): Value {
  const document = JSON.parse(textOf(file)) as Record<string, Value>
  const [[variable, value] = ['', undefined], ...others] = Object.entries(document)
  if (!value || others.length > 0) throw new Error('not one variable')
  expect(variable).toMatch(/^[a-z_][a-z0-9_-]*$/)
  const text: unknown = expect.any(String)
  expect(value).toEqual({
    about: value.about.map(() => text),
    ipv4: value.ipv4.map(() => expect.stringMatching(/^[0-9.]+\/[0-9]+$/) as unknown),
    ipv6: value.ipv6.map(() => expect.stringMatching(/^[0-9a-f:]+\/[0-9]+$/) as unknown),
    names: value.names.map(({ ports }) => {
      const port: unknown = expect.stringMatching(/^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$/)
      return { name: text, ports: ports.map(() => port) }
    }),
  })
  return value
}

formatLaws({
  exporter: terraform,
  read: (file) => {
    const { ipv4, ipv6, names } = read(file)
    return { addresses: networksOf([...ipv4, ...ipv6]), names: names.map(({ name }) => name) }
  },
  words: (file) => read(file).about.join(' '),
})

describe('the variable', () => {
  it('is another for every list', () => {
    const variables = ['a-b', 'a.b', 'a--b', 'a.-b', 'ab'].map((name) => {
      const file = renderText(terraform, exportInput({ name, prefixes: prefixes('20.0.0.0/24') }))
      return Object.keys(JSON.parse(file) as object)[0]
    })
    expect(variables).toEqual([
      'rangewarden_a-b',
      'rangewarden_a_b',
      'rangewarden_a--b',
      'rangewarden_a_-b',
      'rangewarden_ab',
    ])
  })
})

describeWhere([program('terraform')], [networkNamespaces], 'Terraform', () => {
  const name = 'app-proxy.china-'
  let module: RootModule
  beforeAll(() => (module = rootModule('rangewarden_app-proxy_china-')))
  afterAll(() => module.remove())

  function applied(given: ExportInput): { output: unknown; file: Value } {
    const file = renderText(terraform, { ...given, name })
    module.apply(file)
    return { output: module.output(), file: read(file) }
  }

  it('gives back what went in, without a warning', () => {
    const { output, file } = applied(SHAPES.mixed)
    expect(output).toEqual(file)
    expect(file.names).toContainEqual({ name: 'trust.example', ports: ['80', '443'] })
  })

  it('leaves nothing of an older list', () => {
    applied(exportInput({ rules: [rule('old.example', 443)], prefixes: prefixes('20.0.0.0/24') }))
    const { output, file } = applied(
      exportInput({ prefixes: prefixes('20.0.1.0/24', '2603::/32') }),
    )
    expect(output).toEqual(file)
    expect(output).toMatchObject({ ipv4: ['20.0.1.0/24'], ipv6: ['2603::/32'], names: [] })
  })

  it('warns where the variable is not declared', () => {
    const bare = rootModule()
    const file = renderText(terraform, SHAPES.mixed)
    expect(() => bare.apply(file)).toThrow(/Warning: Value for undeclared variable/)
    bare.remove()
  })

  it('takes no text for a template', () => {
    const uncovered = [...HOSTILE, '${1 + 1}', '$${x}', '%{ if true }yes%{ endif }']
    const { output, file } = applied(
      exportInput({ prefixes: prefixes('20.0.0.0/24'), uncovered, missingTags: uncovered }),
    )
    expect(output).toEqual(file)
    expect(file.about.join()).toContain('${1 + 1}')
  })
})

describeWhere(
  [program('terraform')],
  [networkNamespaces, realData],
  'Terraform, real lists',
  () => {
    it('gives back every network of the union', () => {
      const { input } = realUnion()
      const module = rootModule('rangewarden_app-proxy-ip')
      try {
        module.apply(renderText(terraform, input))
        const { ipv4, ipv6 } = module.output() as Value
        expect([...ipv4, ...ipv6]).toEqual(input.prefixes.map(({ text }) => text))
      } finally {
        module.remove()
      }
    })
  },
)
