/** Lists of prefixes of the newest Public file to measure set arithmetic with, as text and as bytes. */
import { newestWeeks } from './weeks.ts'

/** One prefix a line. */
export interface List {
  readonly texts: readonly string[]
  readonly bytes: Uint8Array
}

interface Document {
  readonly values: readonly {
    readonly name: string
    readonly properties: { readonly addressPrefixes: readonly string[] }
  }[]
}

export interface Lists {
  /** Every prefix once. */
  readonly all: List
  readonly ipv4: List
  readonly azureCloud: List
  /** Those of all other tags. */
  readonly rest: List
}

export function newestLists(): Lists {
  const [week] = newestWeeks(1)
  if (!week) throw new Error('a week is needed')
  const { values } = JSON.parse(week.bytes.toString('utf8')) as Document
  const of = (
    wanted: (name: string) => boolean,
    also: (text: string) => boolean = () => true,
  ): List => {
    const texts = values
      .filter(({ name }) => wanted(name))
      .flatMap(({ properties }) => properties.addressPrefixes)
      .filter(also)
    return listOf([...new Set(texts)])
  }
  return {
    all: of(() => true),
    ipv4: of(
      () => true,
      (text) => !text.includes(':'),
    ),
    azureCloud: of((name) => name === 'AzureCloud'),
    rest: of((name) => name !== 'AzureCloud'),
  }
}

function listOf(texts: readonly string[]): List {
  return { texts, bytes: Buffer.from(texts.map((text) => `${text}\n`).join('')) }
}

/** What a program that has a list as a file gives a library: its lines. */
export function linesOf({ bytes }: List): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('latin1')
    .trimEnd()
    .split('\n')
}

/** A list of networks as a file has it. */
export function fileOf(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`
}
