/** Names at the end of a run every suite that was skipped: a silent skip looks like a pass. */
import type { Reporter, TestModule } from 'vitest/node'

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allSuites()]
        .filter((suite) => suite.options.mode === 'skip')
        .map((suite) => `${module.relativeModuleId}: ${suite.fullName}`),
    )
    if (skipped.length === 0) return
    console.log(`\nSkipped on this machine (REQUIRE_REAL=1 makes these failures):`)
    for (const line of skipped) console.log(`  ${line}`)
  }
}
