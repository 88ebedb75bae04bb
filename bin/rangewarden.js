#!/usr/bin/env node
/**
 * Starts Rangewarden on a Node that runs it, or says which one is needed. Plain JavaScript, so that
 * an old Node can read this far.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const sources = new URL('../src/main.ts', import.meta.url)
const isCheckout = existsSync(sources)
const bundled = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache() // halves the time to load the program the second time
  // The package has what was emitted of the sources: Node strips no types below node_modules.
  const program = isCheckout ? sources : new URL('../dist/src/main.js', import.meta.url)
  const { main } = await import(program.href)
  const { setFlagsFromString } = await import('node:v8')
  // With a growing young generation the first sync of Public took 309-345 MiB, so it takes 225-243.
  setFlagsFromString('--semi-space-growth-factor=1')
  await main()
} else if (existsSync(bundled) && process.execPath !== bundled) {
  const child = spawn(bundled, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    } else process.exitCode = code
  })
} else {
  const wayOut = isCheckout
    ? 'install one, or run "npm install", which brings one along'
    : 'install one'
  console.error(
    `Rangewarden needs Node 22.18 or later, this is ${process.versions.node}: ${wayOut}.`,
  )
  process.exitCode = 9
}
