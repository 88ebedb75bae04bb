import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'
import { storeSuite } from './suite.ts'

describeWith([postgres], 'the store on PostgreSQL', () => {
  storeSuite('postgresql')
})
