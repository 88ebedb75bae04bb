/** A report in the form that was asked for, for the API and for the command line. */
import { reportView } from '../views/report.ts'
import { buildReport } from './build.ts'
import type { ReportDeps, ReportWish, WeeklyReport } from './contract.ts'
import { reportBlocks, titleOf } from './document.ts'
import { pageHtml } from './html.ts'
import { blocksMarkdown } from './markdown.ts'

export const REPORT_FORMATS = ['json', 'markdown', 'html'] as const

export type ReportFormat = (typeof REPORT_FORMATS)[number]

export const REPORT_MEDIA_TYPES: Readonly<Record<ReportFormat, string>> = {
  json: 'application/json; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
}

/** @throws as `buildReport` */
export async function writeReport(
  deps: ReportDeps,
  format: ReportFormat,
  wish: ReportWish,
  now: Date,
): Promise<string> {
  return reportText(await buildReport(deps, wish, now), format)
}

function reportText(report: WeeklyReport, format: ReportFormat): string {
  switch (format) {
    case 'json':
      return JSON.stringify(reportView(report))
    case 'markdown':
      return blocksMarkdown(reportBlocks(report))
    case 'html':
      return pageHtml(titleOf(report), reportBlocks(report))
  }
}
