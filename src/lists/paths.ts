/** Under which paths a stored list is served. */
import type { Exporter } from '../../exporters/contract.ts'
import { versionOfDigest } from './prepared-list.ts'

/** The patterns that these paths have as routes. */
export const API_ROUTE = '/v1/allowlists/:allowlist/:format'
export const DEVICE_ROUTE = '/l/:allowlist/:file'
export const VERSION_ROUTE = '/l/:allowlist/:format/:file'

type Format = Pick<Exporter, 'name' | 'fileExtension'>

export function apiPath(list: string, { name }: Format): string {
  return `/v1/allowlists/${list}/${name}`
}

/** Never changes, and has no query string: devices count, store and type it. */
export function devicePath(list: string, { name, fileExtension }: Format): string {
  return `/l/${list}/${name}.${fileExtension}`
}

/** Of these very bytes, for good. */
export function versionPath(list: string, { name, fileExtension }: Format, digest: string): string {
  return `/l/${list}/${name}/${versionOfDigest(digest)}.${fileExtension}`
}
