/** The short form of `npm run soak -- --only fuzz`: the same laws on some thousand cases. */
import { describe, expect, it } from 'vitest'
import { heavyDocuments } from '../../soak/fuzz/heavy-documents.ts'
import { runCase, runHeavy } from '../../soak/fuzz/laws.ts'
import { secondPrefix, secondReading } from '../../soak/fuzz/second-reading.ts'
import { count, emptyTally } from '../../soak/fuzz/tally.ts'
import { makeFeed } from '../support/feed.ts'

/** Fixed: a failure is everybody's, and `npm run soak` takes another one each time. */
const SEED = 20_251_028
const CASES = 5_000

describe('the parser', () => {
  it(`breaks no law in ${CASES} cases, many of them accepted and many refused`, () => {
    const tally = emptyTally()
    for (let number = 0; number < CASES; number++) count(tally, runCase(SEED, number))
    const { documents, prefixes, accepted } = tally
    expect(documents + prefixes).toBe(CASES)
    for (const part of [documents, prefixes, accepted]) expect(part).toBeGreaterThan(CASES / 4)
    expect([...tally.refused.keys()]).toEqual(
      expect.arrayContaining([
        'not JSON',
        'the document is not UTF-8 text',
        'the same prefix twice in one tag',
        'the same tag as another',
        'a list of prefixes',
        'prefix: host bits are set',
        'prefix: zone ids have no meaning in a published range',
      ]),
    )
  })

  it('gives the same case for the same seed and number', () => {
    const { took: _, ...first } = runCase(SEED, 7)
    expect(runCase(SEED, 7)).toMatchObject(first)
  })

  it('answers documents of up to 16 MB that are made to cost much, and takes those that are right', () => {
    let taken = 0
    for (const document of heavyDocuments()) {
      const { bytes, refusedBy } = runHeavy(document)
      expect(bytes).toBeGreaterThan(4e6)
      if (refusedBy === undefined) taken++
    }
    expect(taken).toBe(8)
  })
})

describe('the second reading', () => {
  it('accepts a whole generated week and says what it says', () => {
    const [week] = makeFeed({ weeks: 1 })
    const opinion = secondReading(Buffer.from(week?.text ?? ''))
    expect(opinion).toMatchObject({ ok: true, value: { cloud: 'Public' } })
  })

  it.each([
    ['20.0.0.0/8', '20.0.0.0/8'],
    ['2603:1000:0::/40', '2603:1000::/40'],
    ['0:0:0:1::/64', '0:0:0:1::/64'],
    ['::/0', '::/0'],
    ['255.255.255.255/32', '255.255.255.255/32'],
  ])('takes %s as %s', (text, canonical) => {
    expect(secondPrefix(text)).toEqual({ ok: true, value: canonical })
  })

  it.each([
    ['20.0.0.1/8', 'host bits'],
    ['2603:1000::1/40', 'host bits'],
    ['020.0.0.0/8', 'not an address'],
    ['20.0.0.0/08', 'not address/length'],
    ['::ffff:20.0.0.0/104', 'IPv4 inside IPv6'],
    ['::ffff:1400:0/112', 'IPv4 inside IPv6'],
    ['fe80::1%eth0/128', 'a zone'],
    ['20.0.0.0/33', 'a length out of range'],
  ])('refuses %s: %s', (text, why) => {
    expect(secondPrefix(text)).toEqual({ ok: false, why })
  })
})
