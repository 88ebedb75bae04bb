/** Builds what an exporter is given, from texts; small and made up, never a published list. */
import { renderExport } from '../../exporters/check.ts'
import type { Exporter, ExportInput } from '../../exporters/contract.ts'
import { countsOf } from '../../src/core/diff.ts'
import {
  mergeRules,
  port,
  type EndpointRule,
  type PortRange,
} from '../../src/core/endpoint-rule.ts'
import { parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'

export const PAC_OPTIONS = {
  proxy: 'PROXY proxy.example:3128',
  fallback: 'DIRECT',
}

/** Every option of every format that has no default, by the setting that gives it. */
const SETTINGS: Readonly<Record<string, string>> = {
  RANGEWARDEN_PAC_PROXY: PAC_OPTIONS.proxy,
  RANGEWARDEN_PAC_FALLBACK: PAC_OPTIONS.fallback,
  RANGEWARDEN_CONNECTOR_PROXY: 'http://proxy.example:3128',
}

/** What a format is given by the service when these are the settings. */
export function optionsOf(exporter: Exporter, settings = SETTINGS): Record<string, string> {
  return Object.fromEntries(
    exporter.options.flatMap(({ name, setting, default: fallback }) => {
      const value = settings[setting] ?? fallback
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The file of a text format. @throws ExportRefused */
export function renderText(exporter: Exporter, input: ExportInput): string {
  const file = renderExport(exporter, input)
  if (typeof file === 'string') return file
  throw new Error(`${exporter.name} is no text format`)
}

/** Texts as canonical, collapsed prefixes, the way a list hands them to a format. */
export function prefixes(...texts: readonly string[]): Prefix[] {
  return RangeSet.of(texts.map(prefix)).prefixes()
}

export function rule(name: string, ...ports: readonly (number | PortRange)[]): EndpointRule {
  return { name, ports: ports.map((one) => (typeof one === 'number' ? port(one) : one)) }
}

/** A list with nothing in it but what is given; counts follow from the prefixes. */
export function exportInput(given: Partial<ExportInput> = {}): ExportInput {
  const held = given.prefixes ?? []
  return {
    name: 'synthetic-list',
    cloud: 'Public',
    version: { serial: 7, snapshot: 'public-20251028-3f9a2c1e' },
    destinations: 'listed',
    prefixes: held,
    addresses: countsOf(RangeSet.of(held)),
    uncovered: [],
    required: [],
    leaving: [],
    widened: undefined,
    shard: undefined,
    tags: [],
    missingTags: [],
    emptyTags: [],
    kept: undefined,
    rolledBack: undefined,
    options: PAC_OPTIONS,
    ...given,
    rules: mergeRules(given.rules ?? []),
  }
}

/** More than fit on a line. */
const MANY = Array.from({ length: 12 }, (_, i) => `20.0.2.${20 * i}/30`)

/** The shapes a list can have; every format has a golden for each, or a refusal. */
export const SHAPES = {
  mixed: exportInput({
    rules: [
      rule('*.relay.example', 443),
      rule('relay.example', 443),
      rule('login.example', 443),
      rule('crl.example', 80),
      rule('trust.example', 80, 443),
    ],
    prefixes: prefixes('20.0.0.0/24', '20.0.1.0/25', '40.126.0.0/18', '2603:1030:7::/48'),
    uncovered: ['crl.example', 'trust.example'],
    required: [
      {
        service: 'synthetic',
        name: 'trust.example',
        path: '/roots',
        ports: [port(80), port(443)],
        purpose: 'downloads \u201ctrusted\u201d roots',
        phase: 'registration',
        sources: [{ title: 'An article', url: 'https://learn.example/a', date: '2026-03-25' }],
        tags: [],
        note: 'The path is lost in a rule by name.',
      },
      {
        service: 'synthetic',
        name: '*.relay.example',
        ports: [port(443)],
        purpose: 'connects',
        phase: 'runtime',
        sources: [],
        tags: ['AzureCloud'],
      },
    ],
    tags: ['AzureCloud.westeurope', 'ServiceBus'],
    missingTags: ['AzureFrontDoor.FirstParty'],
  }),
  'v4-only': exportInput({
    name: 'v4-list',
    prefixes: prefixes('20.0.0.0/14', '20.8.0.7/32'),
    uncovered: ['crl.example'],
  }),
  'v6-only': exportInput({
    name: 'v6-list',
    version: { snapshot: 'public-20251028-3f9a2c1e' },
    prefixes: prefixes('2603:1030:7::/48', '2603:1030:9::8/126', 'ffff:ffff::/32'),
  }),
  'names-only': exportInput({
    name: 'names.azuregovernment',
    cloud: 'AzureGovernment',
    rules: [
      rule('*.relay.example', 443, 8080, port(10100, 10120)),
      rule('crl.example', 80),
      rule('login.example', 443),
    ],
    uncovered: ['crl.example'],
  }),
  leaving: exportInput({
    name: 'shrinking-list',
    rules: [rule('login.example', 443)],
    prefixes: prefixes('20.0.0.0/22', '20.9.0.7/32', '2603:1030:7::/48'),
    leaving: [
      { lastDay: '2025-11-04', prefixes: prefixes('20.9.0.7/32') },
      { lastDay: '2025-11-11', prefixes: prefixes(...MANY, '2603:1030:7:8::/64') },
    ],
    tags: ['AzureCloud.westeurope', 'ServiceBus', 'StorageSyncService'],
    missingTags: ['AzureFrontDoor.FirstParty', 'AzureFrontDoor.Frontend'],
    emptyTags: ['StorageSyncService'],
  }),
  'rolled-back': exportInput({
    name: 'earlier-list',
    prefixes: prefixes('20.0.0.0/24'),
    tags: ['ServiceBus'],
    rolledBack: {
      snapshot: 'public-20251020-0a1b2c3d',
      fileDate: '2025-10-20',
      until: '2025-12-01T08:00:00.000Z',
    },
  }),
  kept: exportInput({
    name: 'kept-list',
    prefixes: prefixes('20.0.0.0/24'),
    missingTags: ['ServiceBus'],
    kept: { snapshot: 'public-20251020-0a1b2c3d', fileDate: '2025-10-20' },
  }),
  widened: exportInput({
    name: 'widened-list',
    rules: [rule('login.example', 443)],
    prefixes: prefixes('20.0.0.0/22', '20.8.0.0/16', '2603:1030:4::/46'),
    widened: {
      entries: 3,
      lossless: 1_204,
      addresses: { 4: 2_048n, 6: 2n ** 80n },
      percent: { 4: 3.1008, 6: 33.3334 },
      prefixes: prefixes('20.0.1.0/24', '20.8.0.0/22', '2603:1030:7::/48'),
    },
  }),
  shard: exportInput({
    name: 'split-list.2of8',
    prefixes: prefixes('20.0.0.0/24', '2603:1030:7::/48'),
    shard: { index: 2, of: 8 },
  }),
  any: exportInput({ name: 'any-list', destinations: 'any' }),
  empty: exportInput({ name: 'empty-list' }),
} as const satisfies Record<string, ExportInput>

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}
