/**
 * A million generated documents and prefixes through the parser. Besides what `fuzz/laws.ts` asks of
 * each: none takes longer than a second, and none keeps a thread for ever.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Figure, Proof, ProofOptions } from './contract.ts'
import { heavyDocuments } from './fuzz/heavy-documents.ts'
import { LONGEST_MS, runHeavy } from './fuzz/laws.ts'
import { addTo, emptyTally } from './fuzz/tally.ts'
import type { Share, WorkDone } from './fuzz/worker.ts'

const CASES = 1_000_000

/** Without a next case for so long, a thread is taken for stuck. */
const STUCK_MS = 60_000

const TELL_MS = 10_000

export const fuzz: Proof = {
  name: 'fuzz',
  claim:
    'The parser never throws, never takes longer than a second, and accepts exactly what a second, ' +
    'independent reading accepts',
  async run({ seed, count: cases = CASES, say }) {
    const tally = emptyTally()
    const broken: string[] = []
    for (const done of await shareOut({ seed, cases, say })) {
      addTo(tally, done.tally)
      broken.push(...done.broken)
    }
    const heavy = weighHeavy(say)
    for (const law of broken) say(law)
    for (const [rule, n] of [...tally.refused].sort((a, b) => b[1] - a[1]))
      say(`${n} refused: ${rule}`)
    const { documents, prefixes, accepted } = tally
    return [
      { what: 'documents generated', value: `${documents} (${Math.round(tally.bytes / 1e6)} MB)` },
      { what: 'prefixes generated', value: String(prefixes) },
      { what: 'of both accepted', value: String(accepted) },
      { what: 'rules that refused', value: String(tally.refused.size) },
      {
        what: 'cases in which a law was broken',
        value: String(broken.length),
        limit: `0 of ${cases}`,
        holds: broken.length === 0 && documents + prefixes === cases,
      },
      longest('longest case', tally.longest),
      ...heavy,
    ]
  },
}

function longest(what: string, took: number): Figure {
  return {
    what,
    value: `${took.toFixed(0)} ms`,
    limit: `${LONGEST_MS} ms`,
    holds: took <= LONGEST_MS,
  }
}

function weighHeavy(say: ProofOptions['say']): Figure[] {
  const tally = { documents: 0, longest: 0, name: '' }
  for (const document of heavyDocuments()) {
    const { took } = runHeavy(document)
    tally.documents++
    if (took > tally.longest) Object.assign(tally, { longest: took, name: document.name })
    if (took > LONGEST_MS) say(`${document.name}: ${took.toFixed(0)} ms`)
  }
  const what = `longest of ${tally.documents} documents of up to 16 MB (${tally.name})`
  return [longest(what, tally.longest)]
}

interface ShareOptions {
  readonly seed: number
  readonly cases: number
  readonly say: ProofOptions['say']
}

/** To as many threads as there are processors. */
async function shareOut({ seed, cases, say }: ShareOptions): Promise<WorkDone[]> {
  const step = availableParallelism()
  const progress = new Int32Array(new SharedArrayBuffer(4 * step))
  const started = performance.now()
  const timer = setInterval(() => {
    const done = progress.reduce((sum, number) => sum + number / step, 0)
    const seconds = Math.round((performance.now() - started) / 1_000)
    say(`${Math.round(done)} of ${cases} cases in ${seconds} s`)
  }, TELL_MS)
  const workers = Array.from({ length: step }, (_, first) =>
    startWorker({ seed, cases, first, step, progress }),
  )
  try {
    return await Promise.all(workers)
  } finally {
    clearInterval(timer)
  }
}

function startWorker(share: Share): Promise<WorkDone> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('fuzz/worker.ts', import.meta.url), { workerData: share })
    let last = -1
    const watch = setInterval(() => {
      const number = Atomics.load(share.progress, share.first)
      if (number === last) {
        reject(new Error(`case ${number} of seed ${share.seed} has not ended for ${STUCK_MS} ms`))
        void worker.terminate()
      }
      last = number
    }, STUCK_MS)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => clearInterval(watch))
  })
}
