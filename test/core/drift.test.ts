/** Drift by its laws, block by block in small spaces, and what counts as the same name. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  driftOf,
  isInStep,
  type DeviceSide,
  type Drift,
  type ListSide,
} from '../../src/core/drift.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { prefixesFrom } from '../support/networks.ts'
import { booleansOf, SMALL_PREFIXES, SPACES, type SmallPrefix } from '../support/small-space.ts'

const NO_LIST: ListSide = {
  ...{ admitted: RangeSet.empty, leaving: RangeSet.empty, earlier: RangeSet.empty },
  ...{ names: [], earlierNames: [] },
}
const NO_DEVICE: DeviceSide = { coverage: RangeSet.empty, names: [], impliedNames: [] }

const blocks = fc.array(fc.constantFrom(...SMALL_PREFIXES), { maxLength: 12 })

/** What the list has, what leaves it, what it had, and what the device has. */
const cases = fc.tuple(blocks, blocks, blocks, blocks)

function partsOf({ missing, extra, stale, leaving }: Drift): readonly RangeSet[] {
  return [missing.coverage, extra.coverage, stale.coverage, leaving]
}

/** Of which part a block is, by its number; -1 for none. */
function partOf(isListed: boolean, isGoing: boolean, wasListed: boolean, isThere: boolean): number {
  if (isListed === isThere) return -1
  if (isListed) return isGoing ? 3 : 0
  return wasListed ? 2 : 1
}

describe.each(SPACES)('the addresses of $name', (space) => {
  const setOf = (some: readonly SmallPrefix[]): RangeSet =>
    RangeSet.of(some.map((block) => space.prefix(block)))
  const same = (left: RangeSet, right: RangeSet): void =>
    expect(left.texts()).toEqual(right.texts())

  function drifted([now, going, before, there]: readonly (readonly SmallPrefix[])[]) {
    const admitted = setOf(now ?? [])
    const leaving = setOf(going ?? []).intersect(admitted)
    const coverage = setOf(there ?? [])
    const list = { ...NO_LIST, admitted, leaving, earlier: setOf(before ?? []) }
    return { admitted, leaving, coverage, found: driftOf(list, { ...NO_DEVICE, coverage }) }
  }

  it('are missing, extra, stale or leaving as each block by itself is', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const [now = [], going = [], before = [], there = []] = given.map(booleansOf)
        const expected = now.map((isListed, i) =>
          partOf(isListed, going[i] ?? false, before[i] ?? false, there[i] ?? false),
        )
        for (const [number, part] of partsOf(drifted(given).found).entries()) {
          expect(space.booleans(part)).toEqual(expected.map((one) => one === number))
        }
      }),
    )
  })

  it('add up to what is listed and what is there, in parts that do not meet', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { admitted, leaving, coverage, found } = drifted(given)
        const beyond = found.stale.coverage.union(found.extra.coverage)
        const lacking = found.missing.coverage.union(found.leaving)
        same(beyond, coverage.subtract(admitted))
        same(lacking.union(coverage.subtract(beyond)), admitted)
        for (const [i, one] of partsOf(found).entries()) {
          for (const other of partsOf(found).slice(i + 1)) {
            same(one.intersect(other), RangeSet.empty)
          }
        }
        expect(isInStep(found)).toBe(
          admitted.includes(coverage) && coverage.includes(admitted.subtract(leaving)),
        )
      }),
    )
  })

  it('have no drift if they are the same, whatever networks spell them', () => {
    fc.assert(
      fc.property(blocks, blocks, (now, going) => {
        const split = now.flatMap(({ from, size }) =>
          size === 1 ? [{ from, size }] : [0, 1].map((half) => halfOf({ from, size }, half)),
        )
        const { found } = drifted([now, going, [], split])
        expect(partsOf(found).every((part) => part.isEmpty)).toBe(true)
        expect(isInStep(found)).toBe(true)
      }),
    )
  })
})

function halfOf({ from, size }: SmallPrefix, half: number): SmallPrefix {
  return { from: from + (half * size) / 2, size: size / 2 }
}

describe('names', () => {
  const list = {
    ...NO_LIST,
    names: ['*.relay.example', 'login.example', 'relay.example'],
    earlierNames: ['*.old.example', 'login.example'],
  }

  function judged(names: readonly string[], impliedNames: readonly string[] = []) {
    const { missing, extra, stale } = driftOf(list, { ...NO_DEVICE, names, impliedNames })
    return { missing: missing.names, extra: extra.names, stale: stale.names }
  }

  it('are in step if the device has them', () => {
    expect(judged(list.names)).toEqual({ missing: [], extra: [], stale: [] })
  })

  it('are not missing if a wildcard of the device covers them', () => {
    expect(judged(['*.example']).missing).toEqual([])
    expect(judged(['*.example']).extra).toEqual(['*.example'])
    expect(judged(['*.relay.example']).missing).toEqual(['login.example', 'relay.example'])
  })

  it('are not extra if a wildcard of the list covers them', () => {
    expect(judged([...list.names, 'a.b.relay.example', '*.b.relay.example']).extra).toEqual([])
  })

  it('are there and not extra where the spelling of others brings them along', () => {
    expect(judged(['*.relay.example'], ['relay.example']).missing).toEqual(['login.example'])
    expect(judged(['*.relay.example'], ['other.example']).extra).toEqual([])
  })

  it('are stale if they were asked for before, extra if they never were', () => {
    const { extra, stale } = judged(['new.example', 'x.old.example', 'new.example', 'a.example'])
    expect({ extra, stale }).toEqual({
      extra: ['a.example', 'new.example'],
      stale: ['x.old.example'],
    })
  })

  it('say nothing of addresses', () => {
    const coverage = RangeSet.of(prefixesFrom(['20.0.0.0/24']))
    const found = driftOf({ ...list, admitted: coverage }, { ...NO_DEVICE, names: list.names })
    expect(found.missing.coverage.texts()).toEqual(['20.0.0.0/24'])
    expect(found.missing.names).toEqual([])
    expect(isInStep(found)).toBe(false)
  })
})
