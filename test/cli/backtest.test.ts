/** The command as a person types it and as a program reads it. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callCli } from '../support/command-line.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'
import { range, roundWeek } from '../support/weeks.ts'

function archive(documents: readonly Pick<WeeklyDocument, 'fileName' | 'text'>[]): string {
  return temporaryFolder(
    Object.fromEntries(documents.map(({ fileName, text }) => [fileName, text])),
  )
}

/** Three weeks, of which the second gains 20 % and the third is quiet. */
const jump = [
  roundWeek('2025-01-06', range(0, 100)),
  roundWeek('2025-01-13', range(0, 120)),
  roundWeek('2025-01-20', range(0, 120)),
]

const GAIN =
  'IPv4 addresses of Public grow by 20 % (5,120 of 25,600), the limit is 15 %; most by AzureCloud (+5,120)'

describe('backtest', () => {
  it('prints the weeks that need a person, why, and a line per cloud', async () => {
    const { code, stdout, stderr, error } = await callCli(['backtest', archive(jump)])
    expect({ code, stderr, error }).toEqual({ code: 0, stderr: '', error: undefined })
    expect(stdout).toBe(
      'FILE DATE   CLOUD   VERDICT  WHY\n' +
        `2025-01-13  Public  held     ${GAIN}\n` +
        '\n' +
        'Public: 3 files, 2 passed (1 with nothing new), 1 held, 0 refused: 33.3 % for a person\n',
    )
  })

  it('prints no table where everything passes, and takes several folders and files', async () => {
    const chinese = makeFeed({ cloud: 'China', seed: 7, weeks: 2, density: 4 })
    const folder = archive(jump.slice(0, 1))
    const paths = [folder, archive(chinese), join(folder, jump[0]?.fileName ?? '')]
    const { code, stdout } = await callCli(['backtest', ...paths])
    expect([code, stdout]).toEqual([
      0,
      'Public: 1 file, 1 passed (0 with nothing new), 0 held, 0 refused: 0 % for a person\n' +
        'China: 2 files, 2 passed (0 with nothing new), 0 held, 0 refused: 0 % for a person\n',
    ])
  })

  it('gives every week as JSON, without its prefixes', async () => {
    const { code, stdout } = await callCli(['backtest', '--json', archive(jump)])
    expect(code).toBe(0)
    const document = JSON.parse(stdout) as { weeks: unknown[] }
    expect(document).toMatchObject({
      files: 3,
      clouds: [
        { cloud: 'Public', files: 3, passed: 2, unchanged: 1, held: 1, refused: 0, rate: 33.3 },
      ],
      weeks: [{ verdict: 'safe' }, { verdict: 'held' }, { verdict: 'unchanged' }],
    })
    expect(document.weeks[1]).toEqual({
      file: 'ServiceTags_Public_20250113.json',
      cloud: 'Public',
      fileDate: '2025-01-13',
      verdict: 'held',
      reasons: [
        {
          rule: 'cloud-gain',
          text: GAIN,
          family: 'ipv4',
          measured: 20,
          limit: 15,
          tags: [{ name: 'AzureCloud', addresses: '5120' }],
        },
      ],
      refusals: [],
      change: {
        prefixesAdded: 20,
        prefixesRemoved: 0,
        gained: { ipv4: '5120', ipv6: '0' },
        lost: { ipv4: '0', ipv6: '0' },
      },
    })
  })

  it('ends with the code of a refusal, after all the other files', async () => {
    const broken = { fileName: 'ServiceTags_Public_20250108.json', text: '{"cloud": "Public"}' }
    const folder = archive([...jump, broken])
    const text = await callCli(['backtest', folder])
    expect(text.code).toBe(4)
    expect(text.stdout).toMatch(/^2025-01-08 {2}Public {2}refused {2}changeNumber "/m)
    expect(text.stdout).toContain('4 files, 2 passed (1 with nothing new), 1 held, 1 refused')
    const json = await callCli(['backtest', folder, '--json'])
    expect(json.code).toBe(4)
    expect(JSON.parse(json.stdout)).toMatchObject({
      weeks: [{}, { verdict: 'refused', reasons: [], change: null }, {}, {}],
    })
  })

  it('judges by --guard, else by the setting', async () => {
    const folder = archive(jump)
    const held = async (args: readonly string[], setting?: string): Promise<boolean> => {
      const settings = setting === undefined ? {} : { RANGEWARDEN_GUARD: setting }
      const { stdout } = await callCli(['backtest', folder, ...args], settings)
      return stdout.includes('1 held')
    }
    expect(await held([])).toBe(true)
    expect(await held(['--guard', 'permissive'])).toBe(false)
    expect(await held(['--guard', 'permissive, Public=cautious'])).toBe(true)
    expect(await held([], 'Public=permissive')).toBe(false)
    expect(await held(['--guard', 'cautious'], 'permissive')).toBe(true)
    const { error } = await callCli(['backtest', folder, '--guard', 'careless'])
    expect(error).toMatchObject({ code: 'invalid-input' })
    expect(error?.message).toMatch(/^--guard: "careless" is written POLICY or CLOUD=POLICY/)
  })

  it('judges a tag that is named, and not the others', async () => {
    const [one, two] = [
      roundWeek('2025-01-06', range(0, 100)),
      roundWeek('2025-01-13', range(0, 100)),
    ]
    const without = two.text.replaceAll('"Service7"', '"Service7x"')
    const folder = archive([one, { ...two, text: without }])
    expect((await callCli(['backtest', folder])).stdout).toContain('0 held')
    const named = await callCli(['backtest', folder, '--tag', 'Service6,Service7', '--tag', 'Sql'])
    expect(named.stdout).toContain('addresses of tag Service7 shrink by 100 % (256 of 256)')
  })

  it('needs a weekly file, and no service', async () => {
    const folder = archive(jump)
    const nothing = await callCli(['backtest', temporaryFolder({ 'readme.txt': '' })])
    expect(nothing.error).toMatchObject({ code: 'invalid-input' })
    const remote = await callCli(['backtest', folder, '--url', 'http://127.0.0.1:1'])
    expect(remote.error?.message).toContain('backtest does not work through --url')
    const interrupted = await callCli(['backtest', folder], {}, AbortSignal.abort())
    expect(interrupted.code).toBe(130)
    expect(interrupted.stderr).toBe('stopped: 2 files not looked at\n')
  })
})
