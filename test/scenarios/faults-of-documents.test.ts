import { documentCells } from './cells-document.ts'
import { prefixCells } from './cells-prefix.ts'
import { proveAll } from './matrix.ts'

proveAll([...documentCells, ...prefixCells])
