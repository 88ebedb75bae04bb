/** How tests are run; CONTRIBUTING.md says what some of them need. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // By default one core is left idle, which is half of CI's machine.
    maxWorkers: '100%',
    reporters: ['default', './test/support/skip-reporter.ts'],
  },
})
