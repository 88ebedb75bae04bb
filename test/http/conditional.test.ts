import { describe, expect, it } from 'vitest'
import { isNotModified } from '../../src/http/conditional.ts'

const held = { etag: '"abc-gz"', lastModified: 'Tue, 28 Oct 2025 10:00:00 GMT' }

describe('a condition on a tag', () => {
  it.each([
    ['"abc-gz"', true],
    ['W/"abc-gz"', true],
    ['"x", "abc-gz"', true],
    ['"x",W/"abc-gz" , "y"', true],
    ['"with, comma", "abc-gz"', true],
    ['*', true],
    [' * ', true],
    ['"abc"', false],
    ['"abc-br"', false],
    ['abc-gz', false],
    ['"x", "y"', false],
    ['', false],
  ])('If-None-Match %j is met: %s', (tags, expected) => {
    expect(isNotModified({ 'if-none-match': tags }, held)).toBe(expected)
  })

  it('decides alone: a date beside it does not count', () => {
    const conditions = { 'if-none-match': '"other"', 'if-modified-since': held.lastModified }
    expect(isNotModified(conditions, held)).toBe(false)
  })
})

describe('a condition on a date', () => {
  it.each([
    ['Tue, 28 Oct 2025 10:00:00 GMT', true],
    ['Tue, 28 Oct 2025 10:00:01 GMT', false],
    ['Tue, 28 Oct 2025 09:59:59 GMT', false],
    ['yesterday', false],
  ])('If-Modified-Since %j is met: %s', (since, expected) => {
    expect(isNotModified({ 'if-modified-since': since }, held)).toBe(expected)
  })

  it('does not count for what has no date', () => {
    const conditions = { 'if-modified-since': 'Tue, 28 Oct 2025 10:00:00 GMT' }
    expect(isNotModified(conditions, { etag: '"a"' })).toBe(false)
  })

  it('is not met by a request without conditions', () => {
    expect(isNotModified({}, held)).toBe(false)
  })
})
