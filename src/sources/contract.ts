/** What a source promises: bytes and where they came from, or why there are none. It never looks inside. */
import type { Cloud } from '../core/cloud.ts'
import type { FileDate } from '../core/file-date.ts'
import type { Refusal } from '../core/service-tags.ts'

/** HTTP validators; they belong to the URL they came from, never to a snapshot. */
export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export interface FetchRequest {
  readonly cloud: Cloud
  /** What was remembered about a URL when it was last fetched whole. */
  readonly validatorsOf: (url: string) => Promise<Validators | undefined>
  /** Ends the fetch: shutdown, or the run's time limit. */
  readonly signal: AbortSignal
}

/** Where bytes were seen: kept with every document. */
export interface Origin {
  /** How it was found: `details-page`, `folder`, `import`. */
  readonly strategy: string
  readonly url: string
  readonly fileName: string
  readonly fileDate: FileDate
  readonly validators: Validators
}

export type Fetched =
  | { readonly kind: 'document'; readonly bytes: Buffer; readonly origin: Origin }
  /** The publisher says that the file at this URL is the one we fetched before. */
  | { readonly kind: 'not-modified'; readonly origin: Origin }
  /** Their side or the way there: DNS, TLS, refused, 4xx, 5xx, timeout. Worth another try. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly url?: string | undefined }
  /** Something arrived that cannot be used: no link on the page, too large, a redirect elsewhere. */
  | {
      readonly kind: 'refused'
      readonly refusals: readonly Refusal[]
      readonly url?: string | undefined
    }

export interface Source {
  /** As in RANGEWARDEN_SOURCE: `microsoft`, `folder`. */
  readonly name: string
  /** One line for the log and for run records, secrets left out. */
  readonly description: string
  fetch(request: FetchRequest): Promise<Fetched>
}
