/** The version of this package, as its package.json says. */
import { readFileSync } from 'node:fs'
import { packageFile } from './package-file.ts'

const text = readFileSync(packageFile('package.json'), 'utf8')

export const VERSION: string = (JSON.parse(text) as { version: string }).version
