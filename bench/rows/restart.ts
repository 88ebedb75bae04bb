/** How long a restarted service with data takes from process start to its first 200. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchRow } from '../contract.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

const PATH = '/l/app-proxy-ip/text.txt'

export const restart: BenchRow = {
  name: `Restart with a ${KIND_OF_FILE} Public snapshot: process start to the first 200 of ${PATH}`,
  unit: 'ms',
  target: { of: 'ours', atMost: 2_000 },
  measure: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rangewarden-bench-'))
    for (const { fileName, bytes } of newestWeeks(1)) {
      writeFileSync(join(folder, fileName), bytes)
    }
    await firstAnswer(folder)
    const ours = await firstAnswer(folder)
    rmSync(folder, { recursive: true })
    return { ours }
  },
}

/** Starts the service, waits for the list and stops it; gives the milliseconds to the list. */
async function firstAnswer(folder: string): Promise<number> {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [
      'bin/rangewarden.js',
      'serve',
      '--port',
      '0',
      '--data-dir',
      join(folder, 'data'),
      '--source',
      `folder:${folder}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(child, 'exit')
  try {
    const url = await addressIn(createInterface(child.stderr))
    for (let tries = 0; tries < 3_000; tries++) {
      const response = await fetch(url + PATH)
      await response.arrayBuffer()
      if (response.status === 200) return performance.now() - started
      await wait(10)
    }
    throw new Error('the service did not serve the list')
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

async function addressIn(lines: AsyncIterable<string>): Promise<string> {
  const seen: string[] = []
  for await (const line of lines) {
    seen.push(line)
    const match = /"url":"(http:[^"]+)"/.exec(line)
    if (match?.[1] !== undefined) return match[1]
  }
  throw new Error(`the service did not start:\n${seen.join('\n')}`)
}
