/** The prefixes of a real weekly file as it spells them, read without any code of ours. */
import type { RealFile } from './real-files.ts'

interface Document {
  readonly values: readonly {
    readonly name: string
    readonly properties: { readonly addressPrefixes: readonly string[] }
  }[]
}

/** Every prefix of the file once, in the file's order; or those of one tag. */
export function prefixTexts(file: RealFile, tag?: string): string[] {
  const { values } = JSON.parse(file.text()) as Document
  const wanted = tag === undefined ? values : values.filter(({ name }) => name === tag)
  return [...new Set(wanted.flatMap(({ properties }) => properties.addressPrefixes))]
}

export function isIPv4(text: string): boolean {
  return !text.includes(':')
}
