import { describe, expect, it } from 'vitest'
import { parsePacAnswer } from '../../src/core/pac-answer.ts'

describe('the answer of a PAC file', () => {
  it.each([
    ['DIRECT', 'DIRECT'],
    ['PROXY proxy.example:8080', 'PROXY proxy.example:8080'],
    ['PROXY 10.0.0.1:8080; PROXY [fd00::1]:8080; DIRECT', undefined],
    [
      'HTTPS proxy.example:443;SOCKS5 s.example:1080',
      'HTTPS proxy.example:443; SOCKS5 s.example:1080',
    ],
    ['SOCKS s:1 ;  SOCKS4 s:1;DIRECT', 'SOCKS s:1; SOCKS4 s:1; DIRECT'],
    [' DIRECT\n', 'DIRECT'],
  ])('may be %j', (text, canonical = text) => {
    expect(parsePacAnswer(text)).toEqual({ ok: true, value: canonical })
  })

  it.each([
    ['', '""'],
    ['direct', '"direct"'],
    ['proxy.example:8080', '"proxy.example:8080"'],
    ['PROXY proxy.example', '"PROXY proxy.example"'],
    ['PROXY p:0', '"PROXY p:0"'],
    ['PROXY p:080', '"PROXY p:080"'],
    ['PROXY p:65536', '"PROXY p:65536"'],
    ['PROXY  p:1', '"PROXY  p:1"'],
    ['SOCKS6 p:1', '"SOCKS6 p:1"'],
    ['PROXY 127.0.0.256:1', '"PROXY 127.0.0.256:1"'],
    ['PROXY fd00::1:80', '"PROXY fd00::1:80"'],
    ['PROXY [10.0.0.1]:80', '"PROXY [10.0.0.1]:80"'],
    ['DIRECT; PROXY p:1;', '""'],
    ['PROXY p:1"; evil(); "', String.raw`"PROXY p:1\""`],
    ['DIRECT\nPROXY p:1', String.raw`"DIRECT\nPROXY p:1"`],
  ])('may not be %j, and the part that is wrong is named', (text, part) => {
    const answer = parsePacAnswer(text)
    expect(answer.ok ? '' : answer.reason).toMatch(/ is not DIRECT, or PROXY, HTTPS, SOCKS, SOCKS4/)
    expect(answer.ok ? '' : answer.reason.startsWith(`${part} is not`)).toBe(true)
  })
})
