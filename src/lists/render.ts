/** A list's text in a format: the content, the version it carries and the operator's options. */
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused, type Exporter, type ListVersion } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import { invalidInput, notFound, RangewardenError } from '../core/errors.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Published } from '../history/published.ts'
import type { Store } from '../store/contract.ts'
import { contentHashOf, type ListContent } from './content.ts'
import { isUnstored, type AllowlistDefinition } from './definition.ts'
import { currentContent, readHandedOut } from './handed-out.ts'
import { recordVersion, untilNotOvertaken } from './record-version.ts'

/** Values of settings, by their names: where formats' options come from. */
export type Settings = Readonly<Record<string, string | undefined>>

export interface Rendered {
  readonly bytes: Buffer
  /** SHA-256 of the bytes. */
  readonly digest: string
}

/** Enough of a hash to tell contents apart by eye. */
const CONTENT_DIGITS = 12

/** @throws RangewardenError `not-found` naming the formats there are */
export function findFormat(exporters: readonly Exporter[], name: string): Exporter {
  const exporter = exporters.find((known) => known.name === name)
  if (exporter) return exporter
  const known = exporters.map((each) => each.name)
  throw notFound(`no format "${name}": known are ${known.join(', ')}`, { format: name, known })
}

/** A list nobody stored has no serial to remember: it is called by its content's hash. */
export function versionOfUnstored(content: ListContent): ListVersion {
  return { content: contentHashOf(content, sha256).slice(0, CONTENT_DIGITS) }
}

/** Lists with the same one have the same bytes. */
export function bytesKey(
  exporter: Exporter,
  contentHash: string,
  version: ListVersion,
  settings: Settings,
): string {
  const { name, revision } = exporter
  return JSON.stringify([name, revision, contentHash, version, optionsOf(exporter, settings)])
}

/** What tells versions apart, without the bytes: they need not be copied for it. */
export interface Written {
  /** Text in ASCII, or the bytes of a format that is none. */
  readonly file: string | Uint8Array
  /** SHA-256 of the bytes. */
  readonly digest: string
}

/** @throws RangewardenError `export-refused` with the format's own reason, or the budget's */
export function writeList(
  exporter: Exporter,
  { unfit, ...content }: ListContent,
  version: ListVersion,
  settings: Settings,
): Written {
  try {
    if (unfit && exporter.carries.includes('addresses')) {
      throw new ExportRefused(`${content.name}: ${unfit.reason}`, unfit.facts)
    }
    const file = renderExport(exporter, {
      ...content,
      version,
      options: optionsOf(exporter, settings),
    })
    return { file, digest: sha256(file) }
  } catch (cause) {
    if (!(cause instanceof ExportRefused)) throw cause
    const facts = { ...cause.facts, format: exporter.name, allowlist: content.name }
    throw new RangewardenError('export-refused', cause.message, facts, { cause })
  }
}

/** @throws as `writeList` */
export function renderList(...asked: Parameters<typeof writeList>): Rendered {
  return renderedOf(writeList(...asked))
}

export function renderedOf({ file, digest }: Written): Rendered {
  const bytes = typeof file === 'string' ? Buffer.from(file, 'ascii') : Buffer.from(file)
  return { bytes, digest }
}

/**
 * One list, once, from the database: nothing is remembered of it but the serial of its content.
 * @throws RangewardenError `not-ready`, `invalid-input` for an unknown tag, `export-refused`
 */
export async function renderCurrent(
  store: Store,
  exporter: Exporter,
  definition: AllowlistDefinition,
  { clouds, settings }: { clouds: readonly Cloud[]; settings: Settings },
): Promise<Buffer> {
  return untilNotOvertaken(async () => {
    const mark = await store.lists.mark()
    const handedOut = await readHandedOut(store, definition.cloud)
    if (!handedOut) throw notPublished(definition.cloud, clouds)
    const { published } = handedOut
    const { content, unknown } = await currentContent(handedOut, definition)
    if (isUnstored(definition)) refuseUnknown(unknown, published)
    const version = isUnstored(content)
      ? versionOfUnstored(content)
      : await recordVersion(store, content, { published, mark })
    return renderList(exporter, content, version, settings).bytes
  })
}

/** Why there is no list of a cloud. */
export function notPublished(cloud: Cloud, followed: readonly Cloud[]): RangewardenError {
  if (!followed.includes(cloud)) {
    return notFound(`cloud ${cloud} is not followed here: followed are ${followed.join(', ')}`)
  }
  return new RangewardenError(
    'not-ready',
    `nothing is published for ${cloud} yet: the first sync has not succeeded. ` +
      'Without a route to Microsoft, take files in with `rangewarden import`.',
    { cloud },
  )
}

/** Names a person mistyped are told; a stored list whose tag vanishes later is served without it. */
export function refuseUnknown(
  names: readonly string[],
  { record, snapshot }: Pick<Published, 'record' | 'snapshot'>,
): void {
  const [missing] = names
  if (missing === undefined) return
  const lower = missing.toLowerCase()
  const near = [...snapshot.tags.keys()].filter((name) => name.toLowerCase().includes(lower))
  const hint = near.length > 0 ? `: did you mean ${near.slice(0, 5).join(', ')}?` : ''
  throw invalidInput(
    `no service tag or region "${missing}" in ${record.cloud} of ${record.fileDate}${hint}`,
    { missing: names },
  )
}

function optionsOf(exporter: Exporter, settings: Settings): Record<string, string> {
  return Object.fromEntries(
    exporter.options.flatMap(({ name, setting, default: fallback }) => {
      const value = settings[setting] ?? fallback
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
