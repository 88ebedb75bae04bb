import { describe, expect, it } from 'vitest'
import { chooseEncoding } from '../../src/http/accept-encoding.ts'

describe('the choice of an encoding', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['deflate', 'identity'],
    ['*', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip ; q=0.8', 'gzip'],
    ['gzip;q=0.001', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['identity;q=1, gzip;q=0.5', 'identity'],
    ['identity, gzip', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['*;q=0, gzip', 'gzip'],
    ['*;q=0.5, gzip;q=0.1', 'br'],
    ['gzip;q=2, br;q=x', 'identity'],
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['identity;q=0, deflate', undefined],
    ['identity;q=0, gzip', 'gzip'],
    ['*;q=0, identity', 'identity'],
  ])('answers %j with %s', (header, expected) => {
    expect(chooseEncoding(header)).toBe(expected)
  })

  it('gives the same answer again after it has met more headers than it remembers', () => {
    for (let i = 0; i < 600; i++) chooseEncoding(`made-up-${i}`)
    expect(chooseEncoding('gzip')).toBe('gzip')
    expect(chooseEncoding('*;q=0')).toBeUndefined()
  })
})
