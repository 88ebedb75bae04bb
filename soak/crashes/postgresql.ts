/** The installation of several processes on PostgreSQL, in which anything is killed. */
import { openInstallation } from './installation.ts'
import { emptyReport, inLanes, type CrashOptions, type CrashReport } from './report.ts'
import { crashInRounds } from './rounds.ts'

export function crashReplicas(
  options: CrashOptions,
  { lanes, crashesPerSeries }: { readonly lanes: number; readonly crashesPerSeries: number },
): Promise<CrashReport> {
  return inLanes({ ...options, lanes, crashesPerSeries }, oneInstallation)
}

async function oneInstallation(options: CrashOptions): Promise<CrashReport> {
  const report = emptyReport()
  const installation = await openInstallation(options.seed)
  try {
    await crashInRounds(installation, report, options)
    const { endedByItself } = installation
    report.findings.push(...endedByItself.map((text) => ({ law: 'other' as const, text })))
    return report
  } catch (error) {
    const said = installation.said()
    throw new Error(`after ${JSON.stringify([...report.crashes])}: ${said}`, { cause: error })
  } finally {
    await installation.close()
  }
}
