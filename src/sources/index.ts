/** The sources there are, by the name RANGEWARDEN_SOURCE gives them. A new one is one line here. */
import type { Dispatcher } from 'undici'
import { RangewardenError } from '../core/errors.ts'
import { accept, refuse, type Result } from '../core/result.ts'
import type { Source } from './contract.ts'
import { createFolderSource } from './folder.ts'
import { createMicrosoftSource, type MicrosoftLimits } from './microsoft.ts'

/** What a source may need; each takes its own part. */
export interface SourceOptions {
  readonly version: string
  readonly dispatcher: Dispatcher
  readonly publisherUrl?: string | undefined
  readonly mirrorUrl?: string | undefined
  readonly limits?: MicrosoftLimits | undefined
}

interface SourceKind {
  readonly name: string
  /** What follows the name and a colon in the setting; undefined when nothing may. */
  readonly argument?: string
  readonly create: (argument: string, options: SourceOptions) => Source
}

const KINDS: readonly SourceKind[] = [
  { name: 'microsoft', create: (_, options) => createMicrosoftSource(options) },
  { name: 'folder', argument: 'PATH', create: (path) => createFolderSource(path) },
]

/** The forms a setting can have: `microsoft`, `folder:PATH`. */
export const SOURCE_FORMS: readonly string[] = KINDS.map(({ name, argument }) =>
  argument === undefined ? name : `${name}:${argument}`,
)

/** A source that can be created, once the options are there. */
export type SourceFactory = (options: SourceOptions) => Source

/** Reads a setting's text. */
export function parseSource(setting: string): Result<SourceFactory> {
  const colon = setting.indexOf(':')
  const name = colon < 0 ? setting : setting.slice(0, colon)
  const argument = colon < 0 ? '' : setting.slice(colon + 1)
  const kind = KINDS.find((candidate) => candidate.name === name)
  const fits = kind?.argument === undefined ? colon < 0 : argument !== ''
  if (!kind || !fits) return refuse(`a source is one of ${SOURCE_FORMS.join(', ')}`)
  return accept((options) => kind.create(argument, options))
}

/** Throws `invalid-input` naming the sources there are for any other setting. */
export function createSource(setting: string, options: SourceOptions): Source {
  const source = parseSource(setting)
  if (source.ok) return source.value(options)
  throw new RangewardenError('invalid-input', `unknown source "${setting}": ${source.reason}`)
}
