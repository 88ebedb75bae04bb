/** The clouds by name. */
import { describe, expect, it } from 'vitest'
import { CLOUDS, isCloud, RETIRED_CLOUDS } from '../../src/core/cloud.ts'

describe('isCloud', () => {
  it('knows the four names as published, and nothing else', () => {
    expect(CLOUDS.filter(isCloud)).toEqual(['Public', 'AzureGovernment', 'China', 'AzureGermany'])
    expect(['public', 'Azure', '', 'toString', 'length'].filter(isCloud)).toEqual([])
    expect(RETIRED_CLOUDS).toEqual(['AzureGermany'])
  })
})
