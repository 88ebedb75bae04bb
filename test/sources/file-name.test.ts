import { describe, expect, it } from 'vitest'
import { parseWeeklyFileName } from '../../src/sources/file-name.ts'

describe('the name of a weekly file', () => {
  it.each([
    ['ServiceTags_Public_20251028.json', 'Public', '2025-10-28', false],
    ['ServiceTags_AzureGovernment_20260720.json.gz', 'AzureGovernment', '2026-07-20', true],
    ['ServiceTags_China_20200229.json', 'China', '2020-02-29', false],
  ])('%s says its cloud and date', (name, cloud, fileDate, compressed) => {
    expect(parseWeeklyFileName(name)).toEqual({ ok: true, value: { cloud, fileDate, compressed } })
  })

  it.each([
    ['servicetags_public_20251028.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_Public_20251028.json.bak', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_Public_Latest.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['x/ServiceTags_Public_20251028.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_public_20251028.json', 'one of Public, AzureGovernment, China, AzureGermany'],
    ['ServiceTags_Public_20251301.json', 'there is no such day'],
  ])('%s is none', (name, rule) => {
    const result = parseWeeklyFileName(name)
    expect(result.ok ? '' : result.reason).toContain(rule)
  })
})
