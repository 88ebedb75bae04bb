/** Lines on real descriptors, in a process of their own, whatever becomes of who reads them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'

const ROOM = fileURLToPath(new URL('../../src/observe/gathered-lines.ts', import.meta.url))

/** Writes lines to its stdout, shows that it still lives in between, flushes and ends. */
const PROGRAM = `
  import { gatherLines } from ${JSON.stringify(ROOM)}
  import { setTimeout as wait } from 'node:timers/promises'
  let lost = 0
  const lines = gatherLines(1, () => lost++)
  for (let batch = 0; batch < 3; batch++) {
    for (let i = 0; i < 40; i++) lines.write('x'.repeat(1023) + '\\n')
    await wait(50)
  }
  lines.write('the last\\n')
  await lines.flush()
  console.error(lost)
`

async function run(stdout: 'pipe' | number, use?: (stream: NodeJS.ReadableStream) => void) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', stdout, 'pipe'],
  })
  if (child.stdout) use?.(child.stdout)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, lost: Number(said) }
}

describe('gathered lines', () => {
  it('are all written, to a pipe', async () => {
    let read = ''
    const { code, lost } = await run('pipe', (stream) => {
      stream.setEncoding('utf8').on('data', (text: string) => (read += text))
    })
    expect({ code, lost, length: read.length }).toEqual({
      code: 0,
      lost: 0,
      length: 3 * 40 * 1024 + 9,
    })
    expect(read.endsWith('x\nthe last\n')).toBe(true)
  })

  it('are all written, to a file', async () => {
    const file = join(temporaryFolder(), 'access.log')
    expect(await run(openSync(file, 'w'))).toEqual({ code: 0, lost: 0 })
    expect(readFileSync(file, 'utf8')).toHaveLength(3 * 40 * 1024 + 9)
  })

  it('are lost on a full disk, which is told once, and the process goes on and ends', async () => {
    expect(await run(openSync('/dev/full', 'w'))).toEqual({ code: 0, lost: 1 })
  })

  it('are lost when the reader has gone, likewise', async () => {
    const { code, lost } = await run('pipe', (stream) => {
      ;(stream as NodeJS.ReadableStream & { destroy(): void }).destroy()
    })
    expect({ code, lost }).toEqual({ code: 0, lost: 1 })
  })

  it('do not keep the process from ending when nobody reads', async () => {
    const { code } = await run('pipe', (stream) => void stream.pause())
    expect(code).toBe(0)
  })
})
