/** What a source promises: bytes and where they came from, or why there are none. It never looks inside. */
import type { Cloud } from '../core/cloud.ts'
import type { FileDate } from '../core/file-date.ts'
import type { Refusal } from '../core/service-tags.ts'

/** HTTP validators; they belong to the URL they came from, never to a snapshot. */
export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

/** The newest accepted file that came over HTTP. */
export interface LastGood {
  readonly url: string
  readonly fileDate: FileDate
}

/** One request of a fetch and what came of it: kept in the run record. JSON values only. */
export interface FetchAttempt {
  readonly strategy: string
  readonly url: string
  /** HTTP status of the last answer; absent where none came, or where the source is a folder. */
  readonly status?: number
  /** `page`: an intermediate answer that named where the file is. */
  readonly result: 'document' | 'page' | 'not-modified' | 'unavailable' | 'refused'
  /** Why it brought no file. */
  readonly reason?: string
  readonly etag?: string
  readonly lastModified?: string
  /** Of the bytes that arrived, decompressed. */
  readonly sha256?: string
  readonly bytes?: number
  /** ISO 8601, when it was over. */
  readonly at: string
}

export interface FetchRequest {
  readonly cloud: Cloud
  /** What was remembered about a URL when it was last fetched whole. */
  readonly validatorsOf: (url: string) => Promise<Validators | undefined>
  /** Ends the fetch: shutdown, or the run's time limit. */
  readonly signal: AbortSignal
  readonly now: Date
  /** A file dated later cannot be right. */
  readonly notAfter: FileDate
  /** Date of the newest accepted file; guesses only look for later ones. */
  readonly newestFileDate?: FileDate | undefined
  readonly lastGood?: LastGood | undefined
  /** Told of every request, in order. */
  readonly record: (attempt: FetchAttempt) => void
}

/** Where bytes were seen: kept with every document. */
export interface Origin {
  /** How it was found: the name of the source (`details-page`, `latest-name`, `folder`, `import`). */
  readonly strategy: string
  readonly url: string
  readonly fileName: string
  readonly fileDate: FileDate
  /** True if nothing that was fetched tells the date: today's Monday stands in for it. */
  readonly dateIsGuessed?: boolean
  readonly validators: Validators
}

export type Fetched =
  | {
      readonly kind: 'document'
      readonly bytes: Buffer
      readonly origin: Origin
      /** What an earlier strategy said, when this file was found by a later one. */
      readonly degraded?: string | undefined
    }
  /** The publisher says that the file at this URL is the one we fetched before. */
  | {
      readonly kind: 'not-modified'
      readonly origin: Origin
      readonly degraded?: string | undefined
    }
  /** Their side or the way there: DNS, TLS, refused, 4xx, 5xx, timeout. Worth another try. */
  | {
      readonly kind: 'unavailable'
      readonly reason: string
      readonly url?: string | undefined
      /** As the publisher asked with Retry-After. */
      readonly retryAfterSeconds?: number | undefined
    }
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
