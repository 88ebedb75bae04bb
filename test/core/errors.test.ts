import { describe, expect, it } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'

describe('the message of a caught value', () => {
  it('is that of the error, or the value as text', () => {
    expect(messageOf(new TypeError('no such thing'))).toBe('no such thing')
    expect(messageOf('thrown text')).toBe('thrown text')
    expect(messageOf(undefined)).toBe('undefined')
  })

  it('is made of the parts when an error has several', () => {
    const inner = new AggregateError([new Error('b refused'), 'c'])
    expect(messageOf(new AggregateError([new Error('a refused'), inner]))).toBe(
      'a refused, b refused, c',
    )
  })
})
