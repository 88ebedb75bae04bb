/** Does the client have what would be sent already (RFC 9110 section 13)? */

export interface Validators {
  /** Strong, quoted. */
  readonly etag: string
  /** An HTTP date; undefined where only the tag tells. */
  readonly lastModified?: string | undefined
}

export interface Conditions {
  readonly 'if-none-match'?: string | undefined
  readonly 'if-modified-since'?: string | undefined
}

/**
 * If-None-Match decides where it is given: `*`, or a list of tags, compared weakly. Only without it
 * If-Modified-Since counts, and only the very date we gave: a client's own clock may lie between the
 * change in the database and the moment these bytes were served.
 */
export function isNotModified(conditions: Conditions, { etag, lastModified }: Validators): boolean {
  const tags = conditions['if-none-match']
  if (tags !== undefined) return tags === etag || matches(tags, etag)
  const since = conditions['if-modified-since']
  if (since === undefined || lastModified === undefined) return false
  return since === lastModified
}

function matches(tags: string, etag: string): boolean {
  if (tags.trim() === '*') return true
  for (const [, tag] of tags.matchAll(/(?:W\/)?("[^"]*")/g)) {
    if (tag === etag) return true
  }
  return false
}
