/** Manifests read as a server reads them: one document, strict YAML, no member it does not know. */
import { expect } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { textOf } from './plain-list.ts'
import type { ExportFile } from './format-laws.ts'

export interface Manifest {
  /** Of the lines before the document. */
  readonly comments: readonly string[]
  readonly object: unknown
}

/** Fails for warnings, tags, anchors, duplicate keys, and comments but at the head. */
export function readManifest(file: ExportFile): Manifest {
  const lines = textOf(file).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('# '))
  const documents = parseAllDocuments(textOf(file), { strict: true, uniqueKeys: true })
  const [document, ...others] = documents
  if (!document || !('errors' in document) || others.length > 0) throw new Error('not one document')
  expect([...document.errors, ...document.warnings]).toEqual([])
  const body = lines.slice(end).join('\n')
  if (/[#&*!|>]/.test(body)) throw new Error('YAML beyond texts, lists and members')
  return {
    comments: lines.slice(0, end).map((line) => line.slice('# '.length)),
    object: document.toJS(),
  }
}

/** The object that a guide shows, in indented lines of YAML. */
export function exampleOf(guide: string): unknown {
  const [text] = /(?:^ {4}.*\n)+/m.exec(guide.slice(guide.indexOf('    apiVersion:'))) ?? []
  return parse(text ?? '', { strict: true })
}

/** What the object of a list is named, and how its pods are found. */
export const METADATA: Readonly<Record<string, unknown>> = {
  name: expect.stringMatching(/^rangewarden-[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$/) as unknown,
  labels: {
    'rangewarden/allowlist': expect.stringMatching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/) as unknown,
  },
}

/** List names that no object can have. */
export const NO_OBJECT_NAMES = ['a.', 'a-', 'a..b', 'a.-b', 'a-.b', '0-'] as const
