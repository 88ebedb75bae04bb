/** `export` of lists in the shape of a device, from the database and from a running service. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callCli, type Answered } from '../../support/command-line.ts'
import { makeFeed } from '../../support/feed.ts'
import { startService } from '../../support/service.ts'

const [week] = makeFeed({ seed: 5, weeks: 1 })
const SELECTION = ['export', 'text', '--tag', 'Sql', '--family', 'ipv4']

function entriesOf({ stdout }: Answered): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

describe.each(['directly', 'through --url'])('export, %s', (way) => {
  let call: (...args: string[]) => Promise<Answered>
  let close: () => Promise<void> = () => Promise.resolve()
  let home: string

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rangewarden-export-'))
    const data = join(home, 'data')
    const file = join(home, week?.fileName ?? '')
    writeFileSync(file, week?.text ?? '')
    await callCli(['--data-dir', data, 'import', file])
    call = (...args) => callCli(['--data-dir', data, ...args])
    if (way === 'directly') return
    const service = await startService(data)
    call = (...args) => callCli(['--url', service.url, ...args], service.settings)
    close = () => service.close()
  })
  afterAll(async () => {
    await close()
    rmSync(home, { recursive: true, force: true })
  })

  it('widens to a number of entries, up to a cap', async () => {
    const whole = entriesOf(await call(...SELECTION))
    const entries = whole.length - 1
    const args = [...SELECTION, '--max-entries', String(entries)]
    const widened = await call(...args, '--max-extra-percent', '100')
    expect(widened.stdout).toContain('# Widened to have fewer entries')
    expect(entriesOf(widened).length).toBeLessThanOrEqual(entries)
    const refused = await call(...args, '--max-extra-percent', '0')
    expect(refused.error).toMatchObject({ code: 'export-refused' })
    expect(refused.error?.message).toContain('at most 0 % are allowed')
    const never = await call(...args, '--max-extra-percent', '100', '--never', '20.0.0.0/8')
    expect(never.error?.message).toContain(`${whole.length} entries cannot be made ${entries}`)
  })

  it('gives the shards of a selection', async () => {
    const whole = entriesOf(await call(...SELECTION))
    const parts = [
      await call(...SELECTION, '--shard', '1of2'),
      await call(...SELECTION, '--shard', '2of2'),
    ]
    expect(parts.flatMap(entriesOf).sort()).toEqual(whole.sort())
  })

  it('refuses what is no number', async () => {
    const refused = await call(...SELECTION, '--max-entries', 'many')
    expect(refused.code).not.toBe(0)
    expect(refused.error?.message ?? refused.stderr).toMatch(/A number/)
  })

  it('takes the shape of a stored list from its definition alone', async () => {
    const refused = await call('export', 'text', '--allowlist', 'app-proxy-ip', '--shard', '1of2')
    expect(refused.error?.message).toContain('has its own selection')
  })
})
