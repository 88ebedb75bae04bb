/** Where this package's own files are: beside its sources, and beside what `npm pack` makes of them. */
import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

/** @param path from the package's root, with slashes, such as `prisma/migrations/` */
export function packageFile(path: string): URL {
  const manifest = findPackageJSON(import.meta.url)
  if (manifest === undefined) throw new Error('the program has been taken out of its package')
  return new URL(path, pathToFileURL(manifest))
}
