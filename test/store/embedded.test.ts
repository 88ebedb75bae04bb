import { describe } from 'vitest'
import { storeSuite } from './suite.ts'

describe('the store on the embedded database', () => {
  storeSuite('embedded')
})
