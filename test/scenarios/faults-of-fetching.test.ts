import { bodyCells } from './cells-body.ts'
import { httpCells } from './cells-http.ts'
import { proveAll } from './matrix.ts'

proveAll([...httpCells, ...bodyCells])
