import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/observe/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void, level = 'info'): string {
  let text = ''
  write(createLog(level, { write: (line) => void (text += line) }))
  return text
}

describe('the log', () => {
  it('is one JSON line per message, from the given level on', () => {
    const text = logged((log) => {
      log.debug('not this')
      log.info({ cloud: 'Public' }, 'Run finished')
    })
    expect(text.split('\n')).toHaveLength(2)
    expect(JSON.parse(text)).toMatchObject({ level: 30, cloud: 'Public', msg: 'Run finished' })
  })

  it.each([
    ['a header', { headers: { authorization: 'Bearer s3cret' } }],
    ['a header in any case', { Authorization: 'Basic czNjcmV0s3cret' }],
    ['a member with quotes in it', { password: 'a"s3cret' }],
    ['a token deep inside', { a: { b: { c: { adminToken: 's3cret' } } } }],
    ['a database URL', { url: 'postgresql://user:s3cret@db.example/rangewarden' }],
    ['a proxy in an error', { err: new Error('no answer from http://user:s3cret@proxy:3128') }],
    ['a signed link', { url: 'https://blob.example/file?sv=1&sig=s3cret&se=2' }],
    ['a parameter of libpq', { url: 'postgresql://db.example/x?user=a&password=s3cret' }],
  ])('hides what is secret in %s', (_, facts) => {
    const text = logged((log) => log.info(facts, 'Facts'))
    expect(text).toContain('***')
    expect(text).not.toContain('s3cret')
    expect(JSON.parse(text)).toHaveProperty('msg', 'Facts')
  })

  it('leaves addresses, ports and hashes alone', () => {
    const facts = { url: 'http://[2603:1000::1]:8080/v1/runs?at=2025-10-28', sha256: 'ab12' }
    const parsed: unknown = JSON.parse(logged((log) => log.info(facts, 'Listening')))
    expect(parsed).toMatchObject(facts)
  })
})
