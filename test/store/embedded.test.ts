import { describe } from 'vitest'
import { listSuite } from './list-suite.ts'
import { storeSuite } from './suite.ts'
import { tellingSuite } from './telling-suite.ts'

describe('the store on the embedded database', () => {
  storeSuite('embedded')
  describe('of lists', () => listSuite('embedded'))
  describe('of what is told', () => tellingSuite('embedded'))
})
