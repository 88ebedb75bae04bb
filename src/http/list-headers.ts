/**
 * The headers of a list, and whether the client has it already. Both ways to an answer use these:
 * the front, which writes prepared bytes, and the routes.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Cloud } from '../core/cloud.ts'
import type { CloudState } from '../history/overview.ts'
import {
  etagOf,
  type Encoding,
  type ListHead,
  type Representation,
} from '../lists/prepared-list.ts'
import { isNotModified } from './conditional.ts'

/** Five minutes fresh, then served stale for a week rather than not at all. */
const LIFETIME = 'max-age=300, stale-while-revalidate=3600, stale-if-error=604800'

/** A year, which is what caches take for ever (RFC 8246). */
const FOR_EVER = 'max-age=31536000, immutable'

/** How a cloud is doing, from memory: told beside every list of today. */
export interface KnownStates {
  stateOf(cloud: Cloud): CloudState | undefined
  /** Since when memory could not be compared with the database; undefined while it is. */
  unverifiedSince(): Date | undefined
}

export interface HeaderFacts {
  readonly state: CloudState | undefined
  /** As an HTTP date: a newer list may be served elsewhere since. */
  readonly unverifiedSince: string | undefined
  /** `public` unless the request carried credentials: a shared cache keys by URL alone. */
  readonly isShared: boolean
}

export function headerFacts(
  { authorization }: IncomingHttpHeaders,
  list: ListHead,
  states?: KnownStates,
): HeaderFacts {
  return {
    // What is told of the day does not belong to a version that is kept for a year.
    state: list.immutable ? undefined : states?.stateOf(list.cloud),
    unverifiedSince: list.immutable ? undefined : states?.unverifiedSince()?.toUTCString(),
    isShared: authorization === undefined,
  }
}

export function hasAlready(
  headers: IncomingHttpHeaders,
  list: ListHead,
  encoding: Encoding,
): boolean {
  const etag = etagOf(list.digest, encoding)
  return isNotModified(headers, { etag, lastModified: list.lastModified })
}

export function wholeHeaders(
  list: ListHead,
  { encoding, body }: Representation,
  facts: HeaderFacts,
): OutgoingHttpHeaders {
  return {
    'content-type': list.mediaType,
    'content-length': String(body.length),
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    ...notModifiedHeaders(list, encoding, facts),
  }
}

/** Of a 304, and of a 200 too (RFC 9110 section 15.4.5). */
export function notModifiedHeaders(
  list: ListHead,
  encoding: Encoding,
  { state, unverifiedSince, isShared }: HeaderFacts,
): OutgoingHttpHeaders {
  const { lastModified, snapshotId, versionPath } = list
  return {
    etag: etagOf(list.digest, encoding),
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
    vary: 'accept-encoding',
    ...(versionPath === undefined ? {} : { 'content-location': versionPath }),
    ...(snapshotId === undefined ? {} : { 'rangewarden-snapshot': snapshotId }),
    ...(state === undefined ? {} : { 'rangewarden-state': state }),
    ...(unverifiedSince === undefined ? {} : { 'rangewarden-unverified-since': unverifiedSince }),
    'x-content-type-options': 'nosniff',
    'cache-control': `${isShared ? 'public' : 'private'}, ${list.immutable ? FOR_EVER : LIFETIME}`,
  }
}
