import { describe, expect, it } from 'vitest'
import { LONGEST_LINE, MOST_LINES, reportLines } from '../../src/report/lines.ts'
import { HOSTILE, sampleReport } from './sample-report.ts'

describe('the report in short', () => {
  it('says first what asks for somebody, then what each cloud and list came to', () => {
    expect(reportLines(sampleReport('mail was lost'))).toEqual([
      'Week 2025-W44, 2025-10-27 to 2025-11-02',
      '! Public: hold 5, the file of 2025-10-28, waits for a decision since 2025-10-28 12:17: mail was lost',
      '! Public: rolled back to the file of 2025-10-28 since 2025-10-30 10:00 by mail was lost: mail was lost',
      '! Public: 2 runs of the week failed',
      '! China: nothing is published',
      '! China: 28 runs of the week failed',
      '! 1 device is not in step: mail was lost (app-proxy-ip)',
      'Public: from the file of 2025-10-20 (serial 11) to the file of 2025-10-28 (serial 13): ' +
        '33 tags changed, +33,522 -2,048 IPv4 addresses, +177 /64s -2.3 /48s of IPv6',
      'Public: held, the file of 2025-10-28 (serial 13) is handed out, the newest file seen is ' +
        '6 days old; 30 runs: 1 published, 2 accepted, 24 unchanged, 1 held, 2 failed',
      'China: nothing was handed out',
      'China: empty, nothing is handed out; 28 runs: 28 failed, and earlier ones that are not looked through',
      'app-proxy-ip: +1,024 IPv4 addresses, -2 /48s of IPv6, 2 names added',
      'storage: changed, what it admitted before was not kept',
      'Public: the rollback to public-20251028-0a1b2c3d ends 2025-11-06 00:00 UTC (mail was lost: mail was lost)',
      'Public: from 2025-11-04 on Azure may use what was added to AzureCloud, mail was lost',
      'app-proxy-ip: 768 IPv4 leave on 2025-11-11',
    ])
  })

  it('is one line each and short, whoever wrote the reasons', () => {
    for (const said of [...HOSTILE, '🌍'.repeat(400), `${'a'.repeat(84)}🌍🌍`, 'x'.repeat(5_000)]) {
      for (const line of reportLines(sampleReport(said))) {
        expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u)
        expect(line.length).toBeLessThanOrEqual(LONGEST_LINE)
        expect(line.isWellFormed()).toBe(true)
      }
    }
  })

  it('counts what has no room', () => {
    const report = sampleReport()
    const [one] = report.lists
    if (!one) throw new Error('the sample has a list')
    const many = (count: number) => ({ ...report, lists: Array.from({ length: count }, () => one) })
    const before = reportLines({ ...report, lists: [one] }).length
    const full = reportLines(many(MOST_LINES - before + 1))
    expect(full).toHaveLength(MOST_LINES)
    expect(full.at(-1)).toMatch(/leave on 2025-11-11$/)
    const more = reportLines(many(1_000 + MOST_LINES - before + 1))
    expect(more).toHaveLength(MOST_LINES)
    expect(more.at(-1)).toBe('and 1,001 more lines: see the report')
  })

  it('is short in a quiet week', () => {
    const report = sampleReport()
    const lines = reportLines({
      ...report,
      clouds: [],
      lists: [],
      due: { leaving: [], uses: [], rollbacks: [] },
      devices: undefined,
    })
    expect(lines).toEqual([
      'Week 2025-W44, 2025-10-27 to 2025-11-02',
      'no allowlist came to admit anything else',
    ])
  })
})
