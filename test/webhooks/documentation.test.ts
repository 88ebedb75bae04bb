/** docs/webhooks.md: what it shows is what is sent, and the receivers in it are run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { newWebhookBody } from '../../src/http/schemas/webhooks.ts'
import { webhookWithSecretShape } from '../../src/views/webhook.ts'
import { EVENT_TYPES, eventBodyShape, type EventBody } from '../../src/webhooks/event.ts'
import { WEBHOOK_FORMATS } from '../../src/webhooks/formats/contract.ts'
import { standard } from '../../src/webhooks/formats/standard.ts'
import { LADDER } from '../../src/webhooks/ladder.ts'
import { newSecret, signatureHeaders } from '../../src/webhooks/sign.ts'
import { MOST_BYTES } from '../../src/webhooks/thin.ts'
import { EVERY_SAMPLE, SAMPLE_BODIES } from '../support/event-bodies.ts'
import { temporaryFolder } from '../support/folder.ts'

const text = readFileSync('docs/webhooks.md', 'utf8')

function blocksOf(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, block]) => block ?? '',
  )
}

function sectionOf(title: string): string {
  return text.split(/^##+ /m).find((section) => section.startsWith(`${title}\n`)) ?? ''
}

/** The first column of a section's table, without its marks. */
function rowsOf(title: string): string[] {
  return [...sectionOf(title).matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? '')
}

describe('the page', () => {
  it('lists every type of event once, in order', () => {
    expect(rowsOf('Events')).toEqual(EVENT_TYPES)
  })

  it('names members that the events have', () => {
    for (const [, type, words] of sectionOf('Events').matchAll(/^\| `(.+?)` \|.*\| (.*?) \|$/gm)) {
      const body = EVERY_SAMPLE.find((sample) => sample.type === type)
      const names = [...(words ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)
      expect(Object.keys(body?.data ?? {}), type).toEqual(expect.arrayContaining(names) as unknown)
    }
  })

  it('lists every format', () => {
    expect([...new Set(rowsOf('Chats'))]).toEqual(WEBHOOK_FORMATS)
  })

  it('lists every filter', () => {
    const filters = ['events', 'clouds', 'allowlists', 'tags', 'minAddresses']
    expect(rowsOf('Filters')).toEqual(filters)
    expect(Object.keys(newWebhookBody.shape)).toEqual(expect.arrayContaining(filters) as unknown)
  })

  it('says the ladder of attempts as it is', () => {
    const ladder = /<!-- ladder -->([^]*)<!-- \/ladder -->/.exec(text)?.[1] ?? ''
    const waits = LADDER.slice(1).map((seconds) => {
      if (seconds < 60) return `${seconds} s`
      return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`
    })
    expect([...ladder.matchAll(/\d+ (?:s|min|h)\b/g)].map(([wait]) => wait)).toEqual(waits)
    const hours = LADDER.reduce((sum, seconds) => sum + seconds, 0) / 3_600
    expect(text).toContain(`in ${Math.round(hours)} to ${Math.round(hours * 1.2)} hours`)
  })

  it('says the limit of a body as it is', () => {
    expect(text).toContain(`less than ${MOST_BYTES.toLocaleString('en')} bytes`)
  })

  it('shows requests that are accepted, and an answer as it is given', () => {
    const bodies = blocksOf('sh').flatMap((block) => /-d '\n([^]*?)'/.exec(block)?.[1] ?? [])
    expect(bodies.length).toBe(2)
    for (const body of bodies) expect(() => newWebhookBody.parse(JSON.parse(body))).not.toThrow()
    const answer: unknown = JSON.parse(blocksOf('json')[0] ?? '')
    expect(webhookWithSecretShape.strict().parse(answer)).toEqual(answer)
  })

  it('shows a body as it is sent', () => {
    const shown: unknown = JSON.parse(blocksOf('json')[1] ?? '')
    expect(eventBodyShape.parse(shown)).toEqual(SAMPLE_BODIES['allowlist.changed'])
    expect(standard.render(SAMPLE_BODIES['allowlist.changed'])).toBe(JSON.stringify(shown))
  })
})

const secret = newSecret()

function signed(body: EventBody, { secrets = [secret], at = new Date() } = {}) {
  const sent = standard.render(body)
  return { sent, headers: signatureHeaders({ id: 'evt_1', timestamp: at, body: sent, secrets }) }
}

describe('its check without a library', () => {
  type IsGenuine = (secret: string, headers: object, body: string) => boolean
  let isGenuine: IsGenuine

  beforeAll(async () => {
    const code = blocksOf('js').find((block) => block.includes('isGenuine')) ?? ''
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(15)
    const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isGenuine: IsGenuine
    }
    isGenuine = module.isGenuine
  })

  it('accepts what we sign, also with two secrets while one is rotated', () => {
    for (const body of EVERY_SAMPLE) {
      const { sent, headers } = signed(body)
      expect(isGenuine(secret, headers, sent)).toBe(true)
    }
    const rotating = signed(SAMPLE_BODIES['sync.held'], { secrets: [newSecret(), secret] })
    expect(isGenuine(secret, rotating.headers, rotating.sent)).toBe(true)
  })

  it('refuses another body, another secret, an old one, and one without signature', () => {
    const { sent, headers } = signed(SAMPLE_BODIES['sync.held'])
    expect(isGenuine(secret, headers, `${sent} `)).toBe(false)
    expect(isGenuine(newSecret(), headers, sent)).toBe(false)
    expect(isGenuine(secret, { ...headers, 'webhook-id': 'evt_2' }, sent)).toBe(false)
    expect(isGenuine(secret, { ...headers, 'webhook-signature': 'v1,' }, sent)).toBe(false)
    expect(isGenuine(secret, { 'webhook-id': 'evt_1' }, sent)).toBe(false)
    expect(isGenuine(secret, {}, sent)).toBe(false)
    const old = signed(SAMPLE_BODIES['sync.held'], { at: new Date(Date.now() - 600_000) })
    expect(isGenuine(secret, old.headers, old.sent)).toBe(false)
  })
})

describe('its receiver in Node', () => {
  it('takes what we send and refuses what others do', async () => {
    const { socketPath, said } = await startReceiver()
    for (const body of EVERY_SAMPLE) {
      const { sent, headers } = signed(body)
      expect(await post(socketPath, headers, sent)).toBe(204)
      expect(await post(socketPath, headers, sent.replace('"type"', '"Type"'))).toBe(400)
      await said(`evt_1 ${body.type}\n`)
    }
    expect(await post(socketPath, {}, '{}')).toBe(400)
  })
})

/** The code of the page, run as it stands; it ends with the test. */
async function startReceiver() {
  const socketPath = join(temporaryFolder(), 'receiver.sock')
  const code = blocksOf('js').find((block) => block.includes('createServer')) ?? ''
  const receiver = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { WEBHOOK_SECRET: secret, PORT: socketPath },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void receiver.kill())
  const lines = receiver.stdout.setEncoding('utf8')
  let heard = ''
  lines.on('data', (chunk: string) => (heard += chunk))
  const said = async (words: string): Promise<void> => {
    while (!heard.includes(words)) await once(lines, 'data')
  }
  await said('listening')
  return { socketPath, said }
}

/** The status of the answer. */
async function post(socketPath: string, headers: object, body: string): Promise<unknown> {
  const sending = request({ socketPath, method: 'POST', headers: { ...headers } })
  const answered = once(sending, 'response')
  sending.end(body)
  const [answer] = (await answered) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}
