import { historyCells } from './cells-history.ts'
import { pageCells } from './cells-page.ts'
import { wayCells } from './cells-ways.ts'
import { proveAll } from './matrix.ts'

proveAll([...pageCells, ...wayCells, ...historyCells])
