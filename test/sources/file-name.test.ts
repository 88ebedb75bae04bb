import { describe, expect, it } from 'vitest'
import { parseWeeklyFileName } from '../../src/sources/file-name.ts'

describe('the name of a weekly file', () => {
  it.each([
    ['ServiceTags_Public_20251028.json', 'Public', '2025-10-28', 'json', false],
    ['ServiceTags_AzureGovernment_20260720.json.gz', 'AzureGovernment', '2026-07-20', 'json', true],
    ['ServiceTags_China_20200229.json', 'China', '2020-02-29', 'json', false],
    ['PublicIPs_20200824.xml', 'Public', '2020-08-24', 'xml', false],
    ['PublicIPs_MC_20171211.xml', 'China', '2017-12-11', 'xml', false],
    ['PublicIPs_BF_20200824.xml.gz', 'AzureGermany', '2020-08-24', 'xml', true],
  ])('%s says its cloud, date and format', (name, cloud, fileDate, format, compressed) => {
    const value = { cloud, fileDate, format, compressed }
    expect(parseWeeklyFileName(name)).toEqual({ ok: true, value })
  })

  it.each([
    ['servicetags_public_20251028.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_Public_20251028.json.bak', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_Public_Latest.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['x/ServiceTags_Public_20251028.json', 'is named ServiceTags_<Cloud>_YYYYMMDD.json'],
    ['ServiceTags_public_20251028.json', 'one of Public, AzureGovernment, China, AzureGermany'],
    ['ServiceTags_Public_20251301.json', 'there is no such day'],
    ['ServiceTags_Public_20251028.xml', 'or PublicIPs_YYYYMMDD.xml'],
    ['PublicIPs_20200824.json', 'or PublicIPs_YYYYMMDD.xml'],
    ['PublicIPs_US_20200824.xml', 'or PublicIPs_YYYYMMDD.xml'],
    ['PublicIPs_20200832.xml', 'there is no such day'],
  ])('%s is none', (name, rule) => {
    const result = parseWeeklyFileName(name)
    expect(result.ok ? '' : result.reason).toContain(rule)
  })
})
