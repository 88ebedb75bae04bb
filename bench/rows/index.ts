/** The rows of the benchmark, in the order of its table. */
import type { BenchRow } from '../contract.ts'
import { httpNotModified, httpWhole } from './http.ts'
import { importFolder } from './import.ts'
import { parse } from './parse.ts'
import { publishFirst, publishWeek } from './publish.ts'
import { restart } from './restart.ts'

export const rows: readonly BenchRow[] = [
  parse,
  publishFirst,
  publishWeek,
  httpWhole,
  httpNotModified,
  restart,
  importFolder,
]
