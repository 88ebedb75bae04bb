/** Which URLs are stored, and the spellings of hosts that must not get around the guard. */
import { describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../src/webhooks/address-guard.ts'
import { checkWebhookUrl } from '../../src/webhooks/webhook-url.ts'
import { prefixesFrom } from '../support/networks.ts'

function check(text: string, ...allowed: readonly string[]): string {
  const checked = checkWebhookUrl(text, createAddressGuard(prefixesFrom(allowed)))
  return checked.ok ? checked.value.href : `refused: ${checked.reason}`
}

describe('a URL of a webhook', () => {
  it.each([
    'https://hooks.example.com/services/T0/B0/secret',
    'https://hooks.example.com/',
    'https://hooks.example.com:8443/a?sig=b%20c&d',
    'https://20.1.2.3/hook',
    'https://[2606:4700::1111]/hook',
    'https://intranet/hook',
    'https://example.com./hook',
  ])('may be %s', (url) => {
    expect(check(url)).toBe(url)
  })

  it('is kept as it will be sent', () => {
    expect(check('HTTPS://Hooks.Example.com')).toBe('https://hooks.example.com/')
    expect(check('https://bücher.example/ü')).toBe('https://xn--bcher-kva.example/%C3%BC')
  })

  it.each([
    ['ftp://example.com/', 'of the form https://HOST/PATH'],
    ['file:///etc/passwd', 'of the form https://HOST/PATH'],
    ['javascript:alert(1)', 'of the form https://HOST/PATH'],
    ['example.com/hook', 'of the form https://HOST/PATH'],
    ['//example.com/hook', 'of the form https://HOST/PATH'],
    ['https:example.com/hook', 'of the form https://HOST/PATH'],
    ['https:/example.com/hook', 'of the form https://HOST/PATH'],
    ['https:///example.com/hook', 'of the form https://HOST/PATH'],
    ['https://', 'of the form https://HOST/PATH'],
    ['https://:443/', 'of the form https://HOST/PATH'],
    ['https://1.2.3.4.5/', 'of the form https://HOST/PATH'],
    ['https://example.com:99999/', 'of the form https://HOST/PATH'],
    ['https://[::1%25lo]/', 'of the form https://HOST/PATH'],
    ['', 'of the form https://HOST/PATH'],
    ['https:\\\\example.com\\', 'without spaces or backslashes'],
    [' https://example.com/', 'without spaces or backslashes'],
    ['https://example.com/\n', 'without spaces or backslashes'],
    ['https://exa\tmple.com/', 'without spaces or backslashes'],
    ['https://example.com/a b', 'without spaces or backslashes'],
    ['https://user@example.com/', 'without user and password'],
    ['https://user:pass@example.com/', 'without user and password'],
    ['https://example.com/#a', 'without a fragment'],
    ['https://example.com/#', 'without a fragment'],
    ['https://a..example.com/', 'no empty labels'],
    ['https://127.0.0.1../', 'no empty labels'],
  ])('is not %s', (url, rule) => {
    expect(check(url, '127.0.0.0/8')).toContain('refused: ')
    expect(check(url, '127.0.0.0/8')).toContain(rule)
  })

  it('has at most 2,048 characters, also once it is encoded', () => {
    const url = `https://example.com/${'a'.repeat(2048 - 20)}`
    expect(check(url)).toBe(url)
    expect(check(`${url}a`)).toContain('this URL has 2049')
    expect(check(`https://example.com/${'ü'.repeat(700)}`)).toContain('encoded, this URL has 4220')
  })

  it('is not repeated by a refusal beyond its host', () => {
    for (const url of ['ftp://a/secret', 'https://10.0.0.1/secret', 'http://example.com/secret']) {
      expect(check(url)).toContain('refused: ')
      expect(check(url)).not.toContain('secret')
    }
  })
})

const LOOPBACK = [
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0x7f000001/',
  'http://0177.1/',
  'http://0x7f.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://127.0.0.1./',
  'http://%31%32%37.0.0.1/',
  'http://１２７.０.０.１/',
  'http://①②⑦.⓪.⓪.①/',
  'http://127。0。0。1/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]/',
  'http://localhost/',
  'http://LOCALHOST/',
  'http://localhost./',
  'http://ⓛocalhost/',
  'http://loc\u00adalhost/',
  'http://a.localhost/',
  'http://a.localhost./',
]

describe('a host that is loopback', () => {
  it.each(LOOPBACK)('is seen in %s', (url) => {
    for (const allowed of [[], ['10.0.0.0/8']]) {
      expect(check(url, ...allowed)).toContain('which RANGEWARDEN_WEBHOOK_ALLOW does not hold')
      const secure = url.replace('http:', 'https:')
      expect(check(secure, ...allowed)).toContain('which RANGEWARDEN_WEBHOOK_ALLOW does not hold')
    }
    expect(check(url, '127.0.0.0/8')).toMatch(/^http:/)
  })

  it.each(['https://[::1]/', 'https://[0:0:0:0:0:0:0:1]/', 'https://[::127.0.0.1]/'])(
    'is seen in %s',
    (url) => {
      expect(check(url)).toContain('which RANGEWARDEN_WEBHOOK_ALLOW does not hold')
    },
  )
})

describe('a host that no webhook may reach', () => {
  it.each([
    'https://169.254.169.254/latest/meta-data/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[fd00:ec2::254]/',
    'https://0/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://255.255.255.255/',
    'https://168.63.129.16/',
  ])('is seen in %s, whatever is allowed', (url) => {
    expect(check(url, '0.0.0.0/0', '::/0')).toContain('which no webhook may reach')
  })

  it.each([
    'https://metadata.google.internal/',
    'https://METADATA.goog./',
    'https://instance-data/',
  ])('is seen in the name of %s', (url) => {
    expect(check(url, '0.0.0.0/0', '::/0')).toContain("is a cloud's metadata service")
  })
})

describe('plain http', () => {
  it('is refused where no network is allowed', () => {
    expect(check('http://example.com/')).toContain(
      'example.com: plain http reaches the networks of',
    )
    expect(check('http://20.1.2.3/')).toContain('20.1.2.3: plain http reaches the networks of')
  })

  it('is left to the address where some are, as a name may lead there', () => {
    expect(check('http://example.com/', '10.0.0.0/8')).toBe('http://example.com/')
    expect(check('http://10.1.2.3:8080/', '10.0.0.0/8')).toBe('http://10.1.2.3:8080/')
  })

  it('is refused to an address that is in none of them', () => {
    expect(check('http://20.1.2.3/', '10.0.0.0/8')).toContain('plain http')
    expect(check('https://20.1.2.3/', '10.0.0.0/8')).toBe('https://20.1.2.3/')
  })
})
