import { describe } from 'vitest'
import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'
import { listSuite } from './list-suite.ts'
import { storeSuite } from './suite.ts'
import { tellingSuite } from './telling-suite.ts'

describeWith([postgres], 'the store on PostgreSQL', () => {
  storeSuite('postgresql')
  describe('of lists', () => listSuite('postgresql'))
  describe('of what is told', () => tellingSuite('postgresql'))
})
