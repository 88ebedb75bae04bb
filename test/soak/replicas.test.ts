/**
 * The short form of `npm run soak -- --only replicas`: fewer requests, one rolling restart, six
 * publications, small weeks; and the laws themselves on answers made up by hand.
 */
import { describe, expect, it } from 'vitest'
import { STALE_MS, waited } from '../../soak/replicas.ts'
import { judge } from '../../soak/replicas/laws.ts'
import type { Answer } from '../../soak/replicas/load.ts'
import { rollingRestart } from '../../soak/replicas/rolling.ts'
import { postgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

const PATIENCE_MS = 300_000

describeWith([postgres], 'three replicas, each restarted while clients ask', () => {
  it(
    'answer every request, none with a week that others left behind',
    { timeout: PATIENCE_MS },
    async () => {
      const report = await rollingRestart({
        seed: 7,
        size: {},
        rate: 150,
        drainSeconds: 3,
        restarts: [
          ['stop', 'start'],
          ['stop', 'start'],
          ['start', 'quiet'],
        ],
        restartsWorker: false,
        say: () => undefined,
      })
      const { failed, stale, versions, broken } = judge(report.answers, report.publications)
      expect(failed).toEqual([])
      expect([...report.broken, ...broken]).toEqual([])
      expect({ restarts: report.restarts, published: report.published, versions }).toEqual({
        restarts: 3,
        published: 6,
        versions: 7,
      })
      // Whatever time the kernel gave the replica no processor, as this very run measured it, is the
      // machine's: tests run side by side, and the full proof makes no such allowance.
      const tooOld = stale.filter((one) => one.ms > STALE_MS + waited(report, one))
      expect(tooOld).toEqual([])
      const longest = stale[0]?.ms ?? 0
      const clock = (report.answers.length / report.seconds / 150).toFixed(2)
      console.log(
        `longest behind: ${longest.toFixed(0)} ms; ${clock} of the requests were asked for`,
      )
    },
  )
})

describe('what the answers of a fleet are judged by', () => {
  const publications = [
    { serial: 1, snapshot: 'one' },
    { serial: 2, snapshot: 'two' },
    { serial: 3, snapshot: 'three' },
  ]

  function answered(snapshot: string, sentAt: number, about: Partial<Answer> = {}): Answer {
    return {
      method: 'GET',
      path: '/l/app-proxy-ip/text.txt',
      replica: 0,
      dueAt: sentAt,
      sentAt,
      doneAt: sentAt + 10,
      status: 200,
      fault: undefined,
      snapshot,
      digest: snapshot,
      ...about,
    }
  }

  it('finds the answer that is behind, and since when somebody had a newer one', () => {
    const behind = answered('one', 3_000, { replica: 2 })
    const { stale } = judge(
      [
        answered('one', 0),
        answered('three', 500),
        answered('two', 700, { replica: 1 }),
        behind,
        answered('three', 4_000),
      ],
      publications,
    )
    expect(stale.map(({ answer, ms, since }) => [answer.snapshot, ms, since])).toEqual([
      ['one', 2_490, 510],
      ['two', 190, 510],
    ])
    expect(stale[0]?.answer).toBe(behind)
  })

  it('takes nobody for late who asked before the newer answer had come', () => {
    const answers = [answered('two', 500, { doneAt: 900 }), answered('one', 899, { doneAt: 9_000 })]
    expect(judge(answers, publications).stale).toEqual([])
  })

  it('finds failures, snapshots nobody published, and one list with two texts', () => {
    const failure = answered('one', 100, { status: 503, fault: '503: stopping' })
    const { failed, broken, versions } = judge(
      [
        failure,
        answered('four', 200),
        answered('two', 300),
        answered('two', 400, { replica: 1, digest: 'other' }),
      ],
      publications,
    )
    expect(failed).toEqual([failure])
    expect(versions).toBe(1)
    expect(broken).toEqual([
      'the snapshot four was never published',
      '/l/app-proxy-ip/text.txt of two was served with 2 different texts',
    ])
  })
})
